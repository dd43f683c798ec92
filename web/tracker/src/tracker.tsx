// Where a request stands, understood at a glance: one sentence, four stages.
import { Icon, type TimeFormat } from '@guichet/ui';
import { check } from '@guichet/ui/icons.tsx';
import { answerExpectedAt, expectedAt, nowOf, stagesOf, type Stage, type Tracked } from './stages.ts';
import { useTrackerText, type TrackerSpeech } from './texts.ts';
import { dayName, when } from './when.ts';

export interface TrackerProps extends Tracked {
  readonly now: number;
  /** Whether the customer can answer right under it. */
  readonly answers?: boolean;
}

export function Tracker({ request, timeline, now, answers = false }: TrackerProps) {
  const speech = useTrackerText();
  const { t } = speech;
  const { lead, more } = sentence(request, now, answers, speech);
  return (
    <section class="tracker" aria-label={t('tracker.name')}>
      <p class="now" role="status">
        <b>{lead}</b> {more}
      </p>
      <ol class="stages" aria-label={t('tracker.stages')}>
        {stagesOf({ request, timeline }).map((stage) => (
          <li key={stage.name} data-state={stage.state} aria-current={stage.state === 'current' ? 'step' : undefined}>
            <i>{stage.state === 'done' && <Icon path={check} size="small" />}</i>
            <b>
              {nameOf(stage, request, t)}
              {stage.state === 'done' && <span class="visually-hidden">, {t('stage.done')}</span>}
            </b>
            <span class="meta">{timeOf(stage, request, now, speech)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function nameOf({ name, state }: Stage, request: Tracked['request'], t: TrackerSpeech['t']): string {
  if (name === 'working' && state === 'current' && request.status === 'waiting_customer') return t('stage.waiting');
  if (name === 'resolved' && request.status === 'closed' && request.resolved_at === null) return t('stage.closed');
  return t(`stage.${name}`);
}

function timeOf({ name, state, at }: Stage, request: Tracked['request'], now: number, { t, time }: TrackerSpeech): string {
  if (at !== null) return state === 'current' && name === 'working' ? t('stage.since', { when: when(time, at, now) }) : when(time, at, now);
  const expected = name === 'resolved' ? expectedAt(request, now) : null;
  if (expected === null) return '';
  return time.dayNumber(expected) === time.dayNumber(now) ? t('stage.today') : t('stage.expected', { day: dayName(time, expected, now) });
}

function sentence(request: Tracked['request'], now: number, answers: boolean, { t, time }: TrackerSpeech): { lead: string; more: string } {
  const agent = request.assignee?.name ?? '';
  const answer = answerExpectedAt(request, now);
  const soon = answer === null ? '' : t('now.received_by', { when: before(answer, now, time, t) });
  switch (nowOf(request)) {
    case 'received':
      return { lead: t('now.received'), more: soon || t('now.received_soon') };
    case 'taken':
      return { lead: agent === '' ? t('now.taken_somebody') : t('now.taken', { agent }), more: soon };
    case 'working':
      return { lead: t('now.working'), more: agent === '' ? '' : t('now.working_agent', { agent }) };
    case 'waiting':
      return { lead: t('now.waiting'), more: t(answers ? 'now.waiting_more' : 'now.waiting_elsewhere') };
    case 'resolved':
      return { lead: t('now.resolved'), more: request.resolution ?? (answers ? t('now.resolved_more') : '') };
    case 'closed':
      return { lead: t('now.closed'), more: request.resolution ?? '' };
    case 'merged':
      return { lead: t('now.merged'), more: '' };
  }
}

function before(at: string, now: number, time: TimeFormat, t: TrackerSpeech['t']): string {
  const clock = time.clock(at);
  return time.dayNumber(at) === time.dayNumber(now) ? t('now.by_today', { time: clock }) : t('now.by_day', { day: dayName(time, at, now), time: clock });
}
