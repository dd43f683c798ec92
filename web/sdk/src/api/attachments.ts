import type { components } from '../schema.d.ts';
import type { Attachment } from '../types.ts';
import type { ApiClient } from './client.ts';

/** Where a file can be fetched without a token, and until when. */
export type AttachmentLink = components['schemas']['AttachmentLink'];

/** What a conversation's people may do with its files; uploading is in `attachments/transfer.ts`. */
export class AttachmentsApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Those of the messages, and of one's own those that no message has named yet. */
  async list(conversationId: string): Promise<readonly Attachment[]> {
    return (await this.#client.get<components['schemas']['AttachmentList']>(`/conversations/${conversationId}/attachments`)).items;
  }

  get(id: string): Promise<Attachment> {
    return this.#client.get(`/attachments/${id}`);
  }

  /** Only one that no message has named. */
  remove(id: string): Promise<void> {
    return this.#client.call('DELETE', `/attachments/${id}`, { idempotent: true });
  }

  /** `inline` is for a page that shows a picture. */
  link(id: string, inline = false): Promise<AttachmentLink> {
    return this.#client.get(`/attachments/${id}/link`, { query: { inline: inline || undefined } });
  }
}
