import type { components } from '../schema.d.ts';
import type { User, UserPage } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

/** What a member of staff answers best. */
export type Skills = NonNullable<User['skills']>;

export type StaffMember = User;

export type StaffChange = Partial<Pick<StaffMember, 'first_name' | 'last_name' | 'role' | 'active' | 'capacity' | 'skills'>>;

/** Who of the staff takes part in a request beside its assignee. */
export type RequestParticipant = components['schemas']['RequestParticipant'];

export class StaffApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Everybody of the staff, those who cannot sign in any more too. */
  async list(): Promise<StaffMember[]> {
    const members: StaffMember[] = [];
    for (let page = 1; ; page += 1) {
      const { items, total } = await this.#client.get<UserPage>('/users', { query: { role: 'agent,supervisor,admin', page, limit: 100 } });
      members.push(...items);
      if (items.length === 0 || members.length >= total) return members;
    }
  }

  change(id: string, change: StaffChange): Promise<StaffMember> {
    return this.#client.call('PATCH', `/users/${id}`, { body: change, idempotent: true });
  }

  async participants(requestId: string): Promise<RequestParticipant[]> {
    return (await this.#client.get<{ items: RequestParticipant[] }>(`/support-requests/${requestId}/participants`)).items;
  }

  addParticipant(requestId: string, userId: string, key: string = uuid()): Promise<RequestParticipant> {
    return this.#client.post(`/support-requests/${requestId}/participants`, { user_id: userId }, once(key));
  }

  removeParticipant(requestId: string, userId: string): Promise<void> {
    return this.#client.call('DELETE', `/support-requests/${requestId}/participants`, { query: { user_id: userId }, idempotent: true });
  }
}
