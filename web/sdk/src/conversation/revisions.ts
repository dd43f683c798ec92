import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import type { ApiClient } from '../api/client.ts';
import { contentOf } from './content.ts';
import type { ThreadMessage } from './thread.ts';
import { set } from '../signals.ts';

/** How long after it was sent a message may be edited; the server's clock has the last word. */
export const EDITABLE_MS = 24 * 60 * 60 * 1_000;

/** What a message is to become, and what it was when that was asked. */
interface Wanted {
  readonly content: string | null;
  readonly was: string;
}

/** The thread that is revised. */
export interface Revisable {
  readonly id: string;
  readonly messages: ReadonlySignal<readonly ThreadMessage[]>;
}

/**
 * Edits and deletions of the messages of one conversation. They show at once; what the server refuses is shown
 * again as it was. Once the log has moved a message on, the log's word counts. They go by REST: a message that
 * has an id is in the log, so nothing that waits to be sent can be overtaken.
 */
export class Revisions {
  /** The thread as it is to become. */
  readonly messages: ReadonlySignal<readonly ThreadMessage[]>;

  readonly #thread: Revisable;
  readonly #api: ApiClient;
  readonly #wanted: ReadonlySignal<ReadonlyMap<string, Wanted>> = signal<ReadonlyMap<string, Wanted>>(new Map());

  constructor(thread: Revisable, api: ApiClient) {
    this.#thread = thread;
    this.#api = api;
    this.messages = computed(() => {
      const wanted = this.#wanted.value;
      return wanted.size === 0 ? thread.messages.value : thread.messages.value.map((message) => shown(message, wanted));
    });
  }

  /** Whether there is still time to edit a message, by this device's clock. */
  static isEditable(message: ThreadMessage, now: number): boolean {
    return message.id !== null && !message.deleted && now - Date.parse(message.created_at) < EDITABLE_MS;
  }

  /** Gives a message another content. False when that is blank or too long. Rejects with an `ApiError`. */
  async edit(id: string, content: string): Promise<boolean> {
    const text = contentOf(content);
    if (text === null) return false;
    await this.#revise(id, 'PATCH', text);
    return true;
  }

  /** Takes a message's content away, for good. Rejects with an `ApiError`. */
  remove(id: string): Promise<void> {
    return this.#revise(id, 'DELETE', null);
  }

  async #revise(id: string, method: 'PATCH' | 'DELETE', content: string | null): Promise<void> {
    const message = this.#thread.messages.value.find((one) => one.id === id);
    if (!message || message.deleted || message.content === content) return;
    const wanted: Wanted = { content, was: message.content };
    this.#want(id, wanted);
    try {
      // Done twice it is done once, so that a lost answer is asked for again.
      const call = { idempotent: true, ...(content === null ? {} : { body: { content } }) };
      await this.#api.call(method, `/conversations/${this.#thread.id}/messages/${id}`, call);
    } catch (error) {
      // What was wanted since stays.
      if (this.#wanted.value.get(id) === wanted) this.#want(id, null);
      throw error;
    }
  }

  #want(id: string, wanted: Wanted | null): void {
    const all = new Map(this.#wanted.value);
    for (const message of this.#thread.messages.value) {
      const before = message.id === null ? undefined : all.get(message.id);
      if (before && !isDue(message, before)) all.delete(message.id!);
    }
    if (wanted) all.set(id, wanted);
    else all.delete(id);
    set(this.#wanted, all);
  }
}

function shown(message: ThreadMessage, all: ReadonlyMap<string, Wanted>): ThreadMessage {
  const wanted = message.id === null ? undefined : all.get(message.id);
  if (!wanted || !isDue(message, wanted)) return message;
  return wanted.content === null ? { ...message, content: '', deleted: true } : { ...message, content: wanted.content, edited: true };
}

/** Whether the log still shows the message as it was when the revision was asked for. */
function isDue(message: ThreadMessage, wanted: Wanted): boolean {
  return !message.deleted && message.content === wanted.was;
}
