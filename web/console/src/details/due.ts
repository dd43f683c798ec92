// What the service level promises next, and how close it is. Pure.
import type { SupportRequest } from '@guichet/sdk';

export interface Due {
  readonly what: 'first_response' | 'resolution';
  /** Milliseconds since 1970. */
  readonly at: number;
  /** When the clock started. */
  readonly from: number;
  readonly state: 'calm' | 'near' | 'late';
}

/** A promise is near in the last fifth of its time, when the server warns too … */
const nearShare = 0.2;
/** … but not while it is further away than this: a day's worth of warnings is none. */
const nearMost = 2 * 60 * 60_000;

const unresolved = ['open', 'assigned', 'in_progress', 'waiting_customer'];

/** Until the first answer, when that is due. */
export function firstResponseDue(request: SupportRequest, now: number): Due | null {
  const { first_response_due_at: at, first_response_breached: breached } = request.sla;
  if (request.first_response_at !== null || at === null || !unresolved.includes(request.status)) return null;
  return dueAt('first_response', request, at, breached, now);
}

/** Until the resolution, when that is due; the clock stands still while the customer is waited for. */
export function resolutionDue(request: SupportRequest, now: number): Due | null {
  const { resolution_due_at: at, resolution_breached: breached } = request.sla;
  if (at === null || !unresolved.includes(request.status) || request.status === 'waiting_customer') return null;
  return dueAt('resolution', request, at, breached, now);
}

/** Whichever comes first. */
export function nextDue(request: SupportRequest, now: number): Due | null {
  const promises = [firstResponseDue(request, now), resolutionDue(request, now)].filter((due) => due !== null);
  return promises.sort((a, b) => a.at - b.at)[0] ?? null;
}

function dueAt(what: Due['what'], request: SupportRequest, at: string, breached: boolean, now: number): Due {
  const end = Date.parse(at);
  const from = Date.parse(request.created_at);
  const state = breached || now >= end ? 'late' : end - now <= Math.min(nearMost, (end - from) * nearShare) ? 'near' : 'calm';
  return { what, at: end, from, state };
}

/** Whether something promised is still to be done and its time is over. */
export function isOverdue(request: SupportRequest, now: number): boolean {
  const { sla, status } = request;
  if (!unresolved.includes(status)) return false;
  const isPast = (at: string | null) => at !== null && Date.parse(at) < now;
  if (request.first_response_at === null && isPast(sla.first_response_due_at)) return true;
  // While the customer is waited for the clock stands still: late is only what was late before.
  return status === 'waiting_customer' ? sla.resolution_breached : isPast(sla.resolution_due_at);
}
