import type { components } from '../schema.d.ts';
import type { Availability, OpenedConversation, TrackedSupportRequest } from '../types.ts';
import { once, type ApiClient } from './client.ts';

/** The organisation is the widget's. */
export type NewPublicConversation = Omit<components['schemas']['OpenPublicConversation'], 'organization'>;

/** What a visitor without an account may call. */
export class PublicApi {
  readonly #client: ApiClient;
  readonly #organization: string | undefined;

  constructor(client: ApiClient, organization?: string) {
    this.#client = client;
    this.#organization = organization;
  }

  availability(): Promise<Availability> {
    return this.#client.get('/public/availability', { auth: false, query: { organization: this.#organization } });
  }

  /** `key` names this question: for a day the same one sent again, word for word, gets the conversation it opened. */
  openConversation(conversation: NewPublicConversation, key: string): Promise<OpenedConversation> {
    const body = { organization: this.#organization, ...conversation };
    return this.#client.post('/public/conversations', body, { auth: false, ...once(key) });
  }

  /** Within the guest's token, which the client must carry. */
  supportRequest(number: string): Promise<TrackedSupportRequest> {
    return this.#client.get(`/public/support-requests/${encodeURIComponent(number)}`);
  }
}
