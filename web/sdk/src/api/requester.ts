import type { components } from '../schema.d.ts';
import type { Language } from '../types.ts';
import { once, type ApiClient } from './client.ts';

/** The contact form; the organisation is the page's. */
export type NewPublicSupportRequest = Omit<components['schemas']['OpenPublicSupportRequest'], 'organization'>;
export type OpenedPublicSupportRequest = components['schemas']['OpenedSupportRequest'];

/** A word that requests may carry, and what people call it. */
export interface OfferedCategory {
  readonly id: string;
  readonly names: Readonly<Record<Language, string>>;
}

/** How somebody without an account comes to a request. Apart from `PublicApi`, so that the widget does not carry it. */
export class RequesterApi {
  readonly #client: ApiClient;
  readonly #organization: string | undefined;

  constructor(client: ApiClient, organization?: string) {
    this.#client = client;
    this.#organization = organization;
  }

  /** What a request may be about, in the organisation's order. */
  async categories(): Promise<readonly OfferedCategory[]> {
    const call = { auth: false, query: { organization: this.#organization } };
    return (await this.#client.get<{ readonly items: readonly OfferedCategory[] }>('/public/categories', call)).items;
  }

  /** `key` names this form: sent again word for word it gets the request it opened. */
  openSupportRequest(request: NewPublicSupportRequest, key: string): Promise<OpenedPublicSupportRequest> {
    const body = { organization: this.#organization, ...request };
    return this.#client.post('/public/support-requests', body, { auth: false, ...once(key) });
  }

  /** Answers the same whether they match or not; a match gets a letter with a link. */
  requestAccessLink(number: string, email: string): Promise<void> {
    return this.#client.post('/public/support-requests/access-link', { organization: this.#organization, number, email }, { auth: false });
  }
}
