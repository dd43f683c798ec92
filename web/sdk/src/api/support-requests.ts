import type { components } from '../schema.d.ts';
import type { OwnSupportRequest, RequestStatus, SupportRequest, SupportRequestPage, TimelineEntry, User, UserPage } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

export interface SupportRequestQuery {
  /** Joined with commas on the wire. */
  status?: readonly RequestStatus[];
  /** `me`, `none` or an agent's id. */
  assignee?: string;
  sort?: 'created_at' | 'updated_at' | (string & {});
  order?: 'asc' | 'desc';
  /** RFC 3339. */
  changed_since?: string;
  page?: number;
  limit?: number;
}

/** What every change of state accepts. `reason` may be shown to the customer, `note` never is. */
export type Action = components['schemas']['Resolve'];

export type ActionName = 'assign' | 'take' | 'start' | 'wait' | 'resolve' | 'reopen' | 'close';

export type NewSupportRequest = components['schemas']['OpenSupportRequest'];

/** What the requester thought of the help: 1 to 5, and why. */
export interface Opinion {
  rating: number;
  comment?: string | undefined;
}

/** The words of a request that follows a closed one: its subject, when it is another one, and its first message. */
export interface FollowUp {
  subject?: string | undefined;
  content: string;
}

/** `access_token` is given to guests only: good for the new request. */
export type OpenedFollowUp = OwnSupportRequest & { readonly access_token?: string };

export class SupportRequestsApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  list(query: SupportRequestQuery = {}): Promise<SupportRequestPage> {
    return this.#client.get('/support-requests', { query: { ...query, status: query.status?.join(',') } });
  }

  get(id: string): Promise<SupportRequest> {
    return this.#client.get(`/support-requests/${id}`);
  }

  byNumber(number: string): Promise<SupportRequest> {
    return this.#client.get(`/support-requests/by-number/${encodeURIComponent(number)}`);
  }

  /** Whoever may try again later keeps the `key`: the same request under it is opened once. */
  open(request: NewSupportRequest, key: string = uuid()): Promise<SupportRequest> {
    return this.#client.post('/support-requests', request, once(key));
  }

  /** Repeating a command that is already true changes nothing, so that it is safe after a lost answer. */
  act(id: string, name: ActionName, action: Action = {}): Promise<SupportRequest> {
    return this.#client.post(`/support-requests/${id}/${name}`, action, { idempotent: true });
  }

  /** By its requester, guests too; saying the same again changes nothing. */
  rate(id: string, opinion: Opinion): Promise<OwnSupportRequest> {
    return this.#client.post(`/support-requests/${id}/rate`, opinion, { idempotent: true });
  }

  /** Opens the request that follows a closed one; for guests too. */
  followUp(id: string, words: FollowUp, key: string): Promise<OpenedFollowUp> {
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
