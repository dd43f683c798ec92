// One request in a list: who, what about, the last words, and what is urgent about it.
import type { LastMessage, SupportRequest } from '@guichet/sdk';
import { age, Avatar, Icon, icons, stamp } from '@guichet/ui';
import { activityOf } from './merge.ts';
import { nextDue } from '../details/due.ts';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';

export interface RowProps {
  readonly request: SupportRequest;
  readonly now: number;
  readonly href: string;
  readonly current: boolean;
  readonly writing: boolean;
  /** The one row of the list that Tab reaches. */
  readonly tabStop: boolean;
  readonly onOpen: (request: SupportRequest) => void;
}

export function Row({ request, now, href, current, writing, tabStop, onOpen }: RowProps) {
  const { t, time } = useText();
  const { requester, subject, priority, unread_count: unread } = request;
  const activity = new Date(activityOf(request)).toISOString();
  const name = requester.name || requester.email || t('request.no_name');
  const open = (event: MouseEvent) => {
    // A new tab or window is the browser's affair.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    onOpen(request);
  };
  return (
    <a
      class={`row${unread > 0 ? ' unread-row' : ''}`}
      href={href}
      data-request={request.id}
      aria-current={current ? 'true' : undefined}
      tabIndex={tabStop ? 0 : -1}
      onClick={open}
    >
      <Avatar id={requester.id} name={name} />
      <span class="line">
        <span class="who">{name}</span>
        {unread > 0 && <span class="visually-hidden">, {t('list.unread', { count: unread })}</span>}
        <time dateTime={activity} title={time.full(activity)}>
          {age(time, activity, now)}
        </time>
      </span>
      <span class="line">
        <span class="subject">{subject}</span>
      </span>
      <span class="line">
        {writing ? <span class="last writing">{t('list.writing')}</span> : <LastWords request={request} />}
        {request.snoozed_until ? <Asleep until={request.snoozed_until} now={now} /> : <Urgency request={request} now={now} />}
        {(priority === 'high' || priority === 'urgent') && (
          <span class="priority" data-priority={priority} title={t(`priority.label.${priority}`)}>
            <Icon path={icons.level} size="small" heavy />
            <span class="visually-hidden">{t(`priority.label.${priority}`)}</span>
          </span>
        )}
      </span>
    </a>
  );
}

function LastWords({ request }: { readonly request: SupportRequest }) {
  const { t } = useText();
  const { me } = useDesk();
  const message = request.last_message;
  if (message === null) return <span class="last">{request.description || t('list.no_message')}</span>;
  // A message without a word has files.
  const excerpt = message.excerpt === '' ? t('list.file') : (message.excerpt ?? t('ui.deleted'));
  return <span class="last">{said(message, me.name, excerpt, t)}</span>;
}

function said(message: LastMessage, me: string, excerpt: string, t: ReturnType<typeof useText>['t']): string {
  if (message.sender_type !== 'agent') return excerpt;
  if (message.sender_name === me) return t('list.you_said', { excerpt });
  return t('list.they_said', { name: message.sender_name.split(' ')[0] ?? '', excerpt });
}

function Asleep({ until, now }: { readonly until: string; readonly now: number }) {
  const { t, time } = useText();
  return (
    <span class="due">
      <Icon path={icons.moon} size="small" />
      <span class="visually-hidden">{t('snooze.until')}</span> {stamp(time, until, now)}
    </span>
  );
}

function Urgency({ request, now }: { readonly request: SupportRequest; readonly now: number }) {
  const { t, time } = useText();
  const due = nextDue(request, now);
  if (due === null || due.state === 'calm') return null;
  const left = time.duration(Math.abs(due.at - now));
  if (due.state === 'late') return <span class="due late">{t('due.late', { duration: left })}</span>;
  return (
    <span class="due near">
      <Icon path={icons.clock} size="small" />
      <span class="visually-hidden">{t('due.left_before')}</span> {left}
    </span>
  );
}
