import type { components } from '../schema.d.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

/** An answer that is written often; `content` has placeholders such as `{{customer.name}}`. */
export type CannedReply = components['schemas']['CannedReply'];

export type CannedReplyChange = Partial<Pick<CannedReply, 'title' | 'shortcut' | 'content' | 'language' | 'category' | 'shared'>>;

export class CannedRepliesApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async list(): Promise<CannedReply[]> {
    return (await this.#client.get<{ items: CannedReply[] }>('/canned-replies')).items;
  }

  add(reply: CannedReplyChange, key: string = uuid()): Promise<CannedReply> {
    return this.#client.post('/canned-replies', reply, once(key));
  }

  change(id: string, change: CannedReplyChange): Promise<CannedReply> {
    return this.#client.call('PATCH', `/canned-replies/${id}`, { body: change, idempotent: true });
  }

  remove(id: string): Promise<void> {
    return this.#client.call('DELETE', `/canned-replies/${id}`, { idempotent: true });
  }
}
