// What happened to a request, in the customer's words. Pure.
import type { TimelineEntry } from '@guichet/sdk';
import type { TrackerKey, TrackerSpeech } from './texts.ts';

/** One line of the history. */
export interface HistoryLine {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  /** Who did it; empty for the customer's own doing, and for what happened by itself. */
  readonly who: string;
  /** Why, where somebody said so. */
  readonly why: string | null;
}

const statusWords: Readonly<Record<string, TrackerKey>> = {
  in_progress: 'event.in_progress',
  waiting_customer: 'event.waiting_customer',
  resolved: 'event.resolved',
  closed: 'event.closed',
};

/**
 * The lines that mean something to a customer, newest first. What only moves a request within the team is left out,
 * unless somebody said why.
 */
export function historyOf(timeline: readonly TimelineEntry[], requesterId: string, { t }: Pick<TrackerSpeech, 't'>): HistoryLine[] {
  const lines: HistoryLine[] = [];
  for (const entry of timeline) {
    const what = wordsOf(entry, t);
    if (what === null) continue;
    // Who takes a request is in the words already.
    const told = entry.actor.id === requesterId || entry.kind === 'created' || isTaken(entry);
    lines.push({ id: entry.id, at: entry.created_at, what, who: told ? '' : entry.actor.name, why: entry.reason });
  }
  return lines.reverse();
}

function isTaken({ kind, new: now, actor }: TimelineEntry): boolean {
  return kind === 'assignee_changed' && now !== null && now === actor.id;
}

function wordsOf(entry: TimelineEntry, t: TrackerSpeech['t']): string | null {
  const { old, new: now, reason } = entry;
  const remark = reason === null ? null : t('event.remark');
  // A later server may tell more kinds than these types know.
  switch (entry.kind as string) {
    case 'created':
      return t('event.created');
    case 'first_response':
      return t('event.first_response');
    case 'assignee_changed': {
      if (now === old) return remark;
      if (now === null) return t('event.given_back');
      if (isTaken(entry)) return t('event.taken', { agent: entry.actor.name });
      const agent = entry.metadata['new_name'];
      return typeof agent === 'string' && agent !== '' ? t('event.assigned', { agent }) : t('event.assigned_somebody');
    }
    case 'status_changed': {
      const ended = old === 'resolved' || old === 'closed';
      if (ended && now !== 'resolved' && now !== 'closed') return t('event.reopened');
      const key = now === null ? undefined : statusWords[now];
      return key === undefined ? remark : t(key);
    }
    case 'escalated':
      return t('event.escalated');
    case 'rated':
      return t('event.rated');
    case 'merged': {
      const number = entry.metadata['other_number'];
      return typeof number === 'string' ? t('event.merged', { number }) : t('event.merged_some');
    }
    case 'follow_up': {
      const number = entry.metadata['other_number'];
      return typeof number === 'string' ? t('event.follow_up', { number }) : t('event.follow_up_some');
    }
    default:
      return remark;
  }
}
