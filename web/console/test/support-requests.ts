// Support requests for tests, and a small server that changes them as the real one does.
import type { SupportRequest, SupportRequestPage, SupportRequestQuery } from '@guichet/sdk';
import { activityOf } from '../src/inbox/merge.ts';

export const me = 'agent-me';
const start = Date.parse('2026-11-20T08:00:00Z');

export function aRequest(over: Partial<SupportRequest> & { readonly id: string }): SupportRequest {
  return {
    number: `TICKET-20261120-${over.id}`,
    kind: 'chat',
    source: 'chat',
    subject: 'Plaquettes de frein',
    description: '',
    status: 'open',
    priority: 'normal',
    category: 'general',
    tags: [],
    metadata: {},
    context: { order_id: null, appointment_id: null, warranty_id: null, claim_id: null },
    rating: null,
    escalated_at: null,
    archived_at: null,
    merged_into: null,
    follow_up_of: null,
    conversation_id: `c-${over.id}`,
    requester: { id: `p-${over.id}`, name: 'Hélène Vasseur', email: null, phone: null },
    assignee: null,
    version: 1,
    sla: { first_response_due_at: null, resolution_due_at: null, first_response_breached: false, resolution_breached: false },
    first_response_at: null,
    resolved_at: null,
    closed_at: null,
    resolution: null,
    created_at: iso(0),
    updated_at: iso(0),
    last_message: null,
    unread_count: 0,
    ...over,
  };
}

/** Minutes after the start of the day's tests, as on the wire. */
export function iso(minutes: number): string {
  return new Date(start + minutes * 60_000).toISOString();
}

/** Whole numbers below a bound, the same for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The truth about all requests, and each state they ever had, as frames would tell. */
export class Truth {
  readonly requests = new Map<string, SupportRequest>();
  readonly told: SupportRequest[] = [];
  #minute = 0;

  open(id: string, over: Partial<SupportRequest> = {}): void {
    this.#put(aRequest({ id, created_at: iso((this.#minute += 1)), updated_at: iso(this.#minute), ...over }));
  }

  change(id: string, over: Partial<SupportRequest>): void {
    const known = this.#get(id);
    this.#put({ ...known, ...over, version: known.version + 1, updated_at: iso((this.#minute += 1)) });
  }

  message(id: string, sender_type: 'customer' | 'agent'): void {
    const known = this.#get(id);
    const seq = (known.last_message?.entry_seq ?? 0) + 1;
    const last_message = { sender_type, sender_name: '', excerpt: `${seq}`, created_at: iso((this.#minute += 1)), seq, entry_seq: seq };
    this.#put({ ...known, last_message, unread_count: sender_type === 'customer' ? known.unread_count + 1 : known.unread_count });
  }

  /** The last message says something else now, or nothing any more. */
  revise(id: string, excerpt: string | null): void {
    const known = this.#get(id);
    const last_message = { ...known.last_message!, excerpt, entry_seq: known.last_message!.entry_seq + 1 };
    this.#put({ ...known, last_message });
  }

  read(id: string): void {
    this.#put({ ...this.#get(id), unread_count: 0 });
  }

  list(query: SupportRequestQuery): SupportRequestPage {
    const { status, assignee, snoozed, archived, deleted = false, overdue, changed_since, order = 'desc', page = 1, limit = 20 } = query;
    const found = [...this.requests.values()]
      .filter(({ deleted_at }) => Boolean(deleted_at) === deleted)
      // Whoever asks what has changed hears of what was put aside or away too.
      .filter(({ archived_at }) => deleted || (archived === undefined && changed_since !== undefined) || (archived_at !== null) === (archived ?? false))
      .filter(({ snoozed_until }) => deleted || (snoozed === undefined && changed_since !== undefined) || Boolean(snoozed_until) === (snoozed ?? false))
      .filter(({ sla, status: is }) => !overdue || (sla.resolution_breached && is !== 'resolved' && is !== 'closed'))
      .filter((request) => status === undefined || status.includes(request.status))
      .filter((request) => assignee === undefined || request.assignee?.id === (assignee === 'none' ? undefined : me))
      .filter((request) => changed_since === undefined || activityOf(request) >= Date.parse(changed_since))
      .sort((a, b) => activityOf(b) - activityOf(a) || (a.id < b.id ? 1 : -1));
    if (order === 'asc') found.reverse();
    return { items: found.slice((page - 1) * limit, page * limit), page, limit, total: found.length };
  }

  #get(id: string): SupportRequest {
    const known = this.requests.get(id);
    if (known === undefined) throw new Error(`no request ${id}`);
    return known;
  }

  #put(request: SupportRequest): void {
    this.requests.set(request.id, request);
    this.told.push(request);
  }
}
