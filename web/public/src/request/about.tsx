// Beside the thread: what the request is about, and what happened to it.
import type { OwnSupportRequest, TimelineEntry } from '@guichet/sdk';
import { historyOf, when } from '@guichet/tracker';
import { useText, type PageKey } from '../texts.ts';

/** Other systems' ids that the request is about. */
const references: readonly (readonly [keyof OwnSupportRequest['context'], PageKey])[] = [
  ['order_id', 'about.order'],
  ['appointment_id', 'about.appointment'],
  ['warranty_id', 'about.warranty'],
  ['claim_id', 'about.claim'],
];

export function About({ request }: { readonly request: OwnSupportRequest }) {
  const { t } = useText();
  const vehicle = fieldsOf(request.metadata['vehicle']);
  const car = ['brand', 'model'].map((key) => plain(vehicle[key])).filter(Boolean).join(' ');
  const rows = [
    ...references.flatMap(([key, label]) => (request.context[key] ? [{ label, value: request.context[key] }] : [])),
    ...(car === '' ? [] : [{ label: 'about.vehicle' as const, value: car }]),
    ...(plain(vehicle['license_plate']) === '' ? [] : [{ label: 'about.plate' as const, value: plain(vehicle['license_plate']) }]),
  ];
  if (rows.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('about.title')}</h2>
      <dl>
        {rows.map(({ label, value }) => (
          <div key={label}>
            <dt>{t(label)}</dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export interface HistoryProps {
  readonly timeline: readonly TimelineEntry[];
  readonly requesterId: string;
  readonly now: number;
}

/** Who, when and why; the latest first. */
export function History({ timeline, requesterId, now }: HistoryProps) {
  const speech = useText();
  const { t, time } = speech;
  const lines = historyOf(timeline, requesterId, speech);
  if (lines.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('history.title')}</h2>
      <ol class="events">
        {lines.map(({ id, at, what, who, why }) => (
          <li key={id}>
            <b>{what}</b>
            <span class="meta">
              <time dateTime={at} title={time.full(at)}>
                {time.dayNumber(at) === time.dayNumber(now) ? t('history.today', { time: time.clock(at) }) : when(time, at, now)}
              </time>
              {who !== '' && t('history.by', { name: who })}
            </span>
            {why !== null && <p class="why">{why}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
