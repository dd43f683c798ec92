import type { components } from '../schema.d.ts';
import type { OwnSupportRequest, Priority, RequestKind, RequestSource, RequestStatus, SupportRequest, SupportRequestPage, TimelineEntry, User, UserPage } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

/** Which requests to list; what is left out does not restrict. */
export interface SupportRequestFilter {
  /** Lists are joined with commas on the wire. */
  status?: readonly RequestStatus[];
  priority?: readonly Priority[];
  category?: string;
  kind?: readonly RequestKind[];
  source?: readonly RequestSource[];
  /** `me`, `none` or an agent's id. */
  assignee?: string;
  /** A participant's id, or an e-mail. */
  requester?: string;
  tag?: string;
  overdue?: boolean;
  /** What is put aside, put away, deleted: out of the usual lists, alone in these. */
  snoozed?: boolean;
  archived?: boolean;
  deleted?: boolean;
  order_id?: string;
  appointment_id?: string;
  warranty_id?: string;
  claim_id?: string;
  /** RFC 3339, as the next two. */
  created_from?: string;
  created_to?: string;
  changed_since?: string;
  /** Words to search for. */
  q?: string;
}

export type RequestSort = 'updated_at' | 'created_at' | 'priority' | 'due_at' | 'number';

export interface SupportRequestQuery extends SupportRequestFilter {
  sort?: RequestSort;
  order?: 'asc' | 'desc';
  page?: number;
  limit?: number;
}

/** What every change of state accepts. `reason` may be shown to the customer, `note` never is. */
export type Action = components['schemas']['Resolve'];

export type ActionName = 'assign' | 'take' | 'start' | 'wait' | 'resolve' | 'reopen' | 'close' | 'escalate';

export type NewSupportRequest = components['schemas']['OpenSupportRequest'];

/** What the requester thought of the help: 1 to 5, and why. */
export interface Opinion {
  rating: number;
  comment?: string | undefined;
}

/** The words of a request that follows a closed one: its subject, when it is another one, and its first message. */
export interface FollowUp {
  subject?: string | undefined;
  description?: string | undefined;
  content?: string | undefined;
}

/** `access_token` is given to guests only: good for the new request. */
export type OpenedFollowUp = OwnSupportRequest & { readonly access_token?: string };
/** For somebody who has called, or written elsewhere; an account by its id, or anybody by name and e-mail. */
export interface RequestForSomebody extends NewSupportRequest {
  requester: { user_id: string } | { name: string; email: string; phone?: string | null };
  source: RequestSource;
  agent_id?: string | null;
}

/** What of a request can be changed by itself. */
export interface RequestChange {
  subject?: string;
  description?: string;
  priority?: Priority;
  category?: string;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, unknown>>;
  context?: Readonly<Partial<Record<'order_id' | 'appointment_id' | 'warranty_id' | 'claim_id', string | null>>>;
  reason?: string;
  note?: string;
  notify_customer?: boolean;
}

export interface Merge {
  /** The request that goes on. */
  into: string;
  reason?: string;
  note?: string;
  notify_customer?: boolean;
}

/** One change to many requests, each by itself: what one refuses does not hold up the others. */
export type BulkChange =
  | ({ action: Exclude<ActionName, 'assign'> } & Action)
  | ({ action: 'assign'; agent_id: string | null } & Omit<Action, 'agent_id'>)
  | { action: 'snooze'; until: string | null }
  | ({ action: 'update' } & RequestChange);

export interface BulkOutcome {
  id: string;
  done: boolean;
  support_request?: SupportRequest | null;
  /** Why it was not done. */
  problem?: components['schemas']['Problem'] | null;
}

/** The most requests that one bulk call takes. */
export const MAX_BULK = 100;

export class SupportRequestsApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  list({ status, priority, kind, source, ...query }: SupportRequestQuery = {}): Promise<SupportRequestPage> {
    const lists = { status: status?.join(','), priority: priority?.join(','), kind: kind?.join(','), source: source?.join(',') };
    return this.#client.get('/support-requests', { query: { ...query, ...lists } });
  }

  get(id: string): Promise<SupportRequest> {
    return this.#client.get(`/support-requests/${id}`);
  }

  byNumber(number: string): Promise<SupportRequest> {
    return this.#client.get(`/support-requests/by-number/${encodeURIComponent(number)}`);
  }

  /** Whoever may try again later keeps the `key`: the same request under it is opened once. */
  open(request: NewSupportRequest | RequestForSomebody, key: string = uuid()): Promise<SupportRequest> {
    return this.#client.post('/support-requests', request, once(key));
  }

  /**
   * Repeating a command that is already true changes nothing, so that it is safe after a lost answer.
   * With `version`, refused (412) when the request has changed since.
   */
  act(id: string, name: ActionName, action: Action = {}, version?: number): Promise<SupportRequest> {
    return this.#client.post(`/support-requests/${id}/${name}`, action, { headers: ifMatch(version), idempotent: version === undefined });
  }

  /** With `version`, refused (412) when the request has changed since. */
  update(id: string, change: RequestChange, version?: number): Promise<SupportRequest> {
    return this.#client.call('PATCH', `/support-requests/${id}`, { body: change, headers: ifMatch(version), idempotent: version === undefined });
  }

  /** Puts it aside until then, or takes it back with null. */
  snooze(id: string, until: string | null): Promise<SupportRequest> {
    return this.#client.post(`/support-requests/${id}/snooze`, { until }, { idempotent: true });
  }

  /** Answers the request that ends by it. */
  merge(id: string, merge: Merge): Promise<SupportRequest> {
    return this.#client.post(`/support-requests/${id}/merge`, merge, { idempotent: true });
  }

  /** Hidden everywhere; an admin can restore it for 30 days. */
  remove(id: string): Promise<void> {
    return this.#client.call('DELETE', `/support-requests/${id}`, { idempotent: true });
  }

  restore(id: string): Promise<SupportRequest> {
    return this.#client.post(`/support-requests/${id}/restore`, undefined, { idempotent: true });
  }

  /** At most `MAX_BULK` at once. */
  async bulk(ids: readonly string[], change: BulkChange): Promise<BulkOutcome[]> {
    return (await this.#client.post<{ items: BulkOutcome[] }>('/support-requests/bulk', { ids, ...change }, { idempotent: true })).items;
  }

  /** By its requester, guests too; saying the same again changes nothing. */
  rate(id: string, opinion: Opinion): Promise<OwnSupportRequest> {
    return this.#client.post(`/support-requests/${id}/rate`, opinion, { idempotent: true });
  }

  /** Opens the request that follows a closed one; for guests too. */
  followUp<R extends OwnSupportRequest = OpenedFollowUp>(id: string, words: FollowUp, key: string = uuid()): Promise<R> {
    return this.#client.post(`/support-requests/${id}/follow-up`, words, once(key));
  }

  /** Oldest first. */
  async timeline(id: string): Promise<TimelineEntry[]> {
    return (await this.#client.get<components['schemas']['RequestTimeline']>(`/support-requests/${id}/timeline`)).items;
  }

  /** Those a request can be handed to. */
  async agents(): Promise<User[]> {
    const agents: User[] = [];
    for (let page = 1; ; page += 1) {
      const query = { role: 'agent,supervisor,admin', active: true, page, limit: 100 };
      const { items, total } = await this.#client.get<UserPage>('/users', { query });
      agents.push(...items);
      if (items.length === 0 || agents.length >= total) return agents;
    }
  }
}

function ifMatch(version: number | undefined): Record<string, string> {
  return version === undefined ? {} : { 'if-match': `"${version}"` };
}
