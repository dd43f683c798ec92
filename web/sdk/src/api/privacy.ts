import { ApiError } from '../errors.ts';
import type { ApiClient } from './client.ts';

/** What a person may have done with what is kept of them; a guest, within the token. */
export class PrivacyApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Everything kept of the person, as a file. */
  async export(): Promise<{ readonly name: string; readonly content: Blob }> {
    const answer = await this.#client.answer('GET', '/privacy/export', { headers: { accept: '*/*' } });
    if (!answer.ok) throw await ApiError.from(answer);
    const name = /filename="?([^";]+)/.exec(answer.headers.get('content-disposition') ?? '')?.[1];
    const content = await answer.blob().catch((cause: unknown) => {
      throw ApiError.noAnswer(cause);
    });
    return { name: name ?? (content.type.includes('json') ? 'guichet.json' : 'guichet.zip'), content };
  }

  /** For good; the session or the token ends with it. */
  erase(): Promise<void> {
    return this.#client.post('/privacy/erase', {});
  }
}
