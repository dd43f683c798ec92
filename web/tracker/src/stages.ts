// Where a request stands, as its customer is told: four stages, and one sentence. Pure.
import type { OwnSupportRequest, RequestStatus, TimelineEntry } from '@guichet/sdk';

export type StageName = 'received' | 'taken' | 'working' | 'resolved';

export interface Stage {
  readonly name: StageName;
  /** Absent while it is to come. */
  readonly state?: 'done' | 'current';
  /** When it was reached; null while it was not, and where nothing tells. */
  readonly at: string | null;
}

/** What the stages are drawn from: a request, and what happened to it, oldest first. */
export interface Tracked {
  readonly request: OwnSupportRequest;
  readonly timeline: readonly TimelineEntry[];
}

const order: readonly StageName[] = ['received', 'taken', 'working', 'resolved'];

const reached: Readonly<Record<RequestStatus, StageName>> = {
  open: 'received',
  assigned: 'taken',
  in_progress: 'working',
  waiting_customer: 'working',
  resolved: 'resolved',
  closed: 'resolved',
};

export function stagesOf({ request, timeline }: Tracked): Stage[] {
  const current = order.indexOf(reached[request.status]);
  const ended = reached[request.status] === 'resolved';
  return order.map((name, index) => {
    const at = index <= current ? reachedAt(name, request, timeline) : null;
    if (index > current) return { name, at };
    return { name, at, state: index < current || ended ? 'done' : 'current' };
  });
}

function reachedAt(name: StageName, request: OwnSupportRequest, timeline: readonly TimelineEntry[]): string | null {
  if (name === 'received') return request.created_at;
  if (name === 'resolved') return request.resolved_at ?? request.closed_at;
  if (name === 'taken') return timeline.find((entry) => isHanded(entry))?.created_at ?? null;
  return (timeline.findLast((entry) => entry.kind === 'status_changed' && isWork(entry.new) && !isWork(entry.old)) ?? null)?.created_at ?? null;
}

function isHanded({ kind, old, new: now }: TimelineEntry): boolean {
  if (kind === 'assignee_changed') return now !== null && now !== old;
  // Some requests are over without anybody having taken them on.
  return kind === 'status_changed' && old === 'open' && now !== null && now !== 'resolved' && now !== 'closed';
}

function isWork(status: string | null): boolean {
  return status === 'in_progress' || status === 'waiting_customer';
}

/** When the request should be resolved, while that is promised and not missed; the clock stands still while the customer is waited for. */
export function expectedAt(request: OwnSupportRequest, now: number): string | null {
  const { resolution_due_at: due, resolution_breached: breached } = request.sla;
  if (due === null || breached || request.status === 'waiting_customer' || reached[request.status] === 'resolved') return null;
  return Date.parse(due) > now ? due : null;
}

/** When the first answer should come, while it has not, and is not late. */
export function answerExpectedAt(request: OwnSupportRequest, now: number): string | null {
  const { first_response_due_at: due, first_response_breached: breached } = request.sla;
  if (request.first_response_at !== null || due === null || breached || request.status === 'resolved' || request.status === 'closed') return null;
  return Date.parse(due) > now ? due : null;
}

/** Which sentence tells where the request stands. */
export type NowKey = 'received' | 'taken' | 'working' | 'waiting' | 'resolved' | 'closed' | 'merged';

export function nowOf(request: OwnSupportRequest): NowKey {
  if (request.merged_into !== null) return 'merged';
  if (request.status === 'closed') return 'closed';
  if (request.status === 'waiting_customer') return 'waiting';
  return reached[request.status];
}
