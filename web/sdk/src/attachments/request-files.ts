import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import { AttachmentsApi } from '../api/attachments.ts';
import type { ApiClient } from '../api/client.ts';
import type { ThreadMessage } from '../conversation/thread.ts';
import { ApiError } from '../errors.ts';
import { set } from '../signals.ts';
import type { Attachment } from '../types.ts';

/** The files of a whole conversation, newest first: those of messages that are not loaded too. */
export class RequestFiles {
  readonly files: ReadonlySignal<readonly Attachment[]>;
  readonly phase: ReadonlySignal<'loading' | 'loaded' | 'failed'> = signal<'loading' | 'loaded' | 'failed'>('loading');
  readonly #listed: ReadonlySignal<readonly Attachment[]> = signal<readonly Attachment[]>([]);
  readonly #api: AttachmentsApi;
  readonly #id: string;

  constructor(conversation: { readonly id: string; readonly messages: ReadonlySignal<readonly ThreadMessage[]> }, api: ApiClient) {
    this.#api = new AttachmentsApi(api);
    this.#id = conversation.id;
    this.files = computed(() => {
      const messages = conversation.messages.value;
      const deleted = new Set(messages.filter((message) => message.deleted).map((message) => message.id));
      const all = new Map(this.#listed.value.map((file) => [file.id, file]));
      // What the thread shows is newer than what was listed.
      for (const message of messages) if (message.id !== null) for (const file of message.attachments) all.set(file.id, { ...file, message_id: message.id });
      const sent = [...all.values()].filter((file) => file.message_id !== null && !deleted.has(file.message_id));
      return sent.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
    });
  }

  /** Fetches the list. What the thread has is shown also when it cannot be fetched. */
  async load(): Promise<void> {
    try {
      set(this.#listed, await this.#api.list(this.#id));
      set(this.phase, 'loaded');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      set(this.phase, 'failed');
    }
  }
}
