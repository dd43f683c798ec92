import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import type { ApiClient } from '../api/client.ts';
import { contentOf } from './content.ts';
import type { ThreadMessage } from './thread.ts';
import type { RevisedMessage } from '../types.ts';
import { set } from '../signals.ts';

/** How long after it was sent a message may be edited; the server's clock has the last word. */
export const EDITABLE_MS = 24 * 60 * 60 * 1_000;

/** What a message is to become; null when its content is to go. */
interface Wanted {
  readonly content: string | null;
  /** It is shown while the message's last entry is this one or an earlier one: beyond it the log's word counts. */
  upTo: number;
}

/** The thread that is revised. */
export interface Revisable {
  readonly id: string;
  readonly messages: ReadonlySignal<readonly ThreadMessage[]>;
}

/**
 * Edits and deletions of the messages of one conversation. They show at once; what the server refuses is shown
 * again as it was. Once the log has moved a message on, the log's word counts. They go by REST: a message that
 * has an id is in the log, so nothing that waits to be sent can be overtaken. Those of one message go one after
 * the other, so that a call that is made again cannot undo a later one.
 */
export class Revisions {
  /** The thread as it is to become. */
  readonly messages: ReadonlySignal<readonly ThreadMessage[]>;

  readonly #thread: Revisable;
  readonly #api: ApiClient;
  readonly #wanted: ReadonlySignal<ReadonlyMap<string, Wanted>> = signal<ReadonlyMap<string, Wanted>>(new Map());
  /** The end of each message's latest revision: the last one that the server took, if it took any. */
  readonly #turns = new Map<string, Promise<Wanted | null>>();

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
    const message = this.messages.value.find((one) => one.id === id);
    if (!message || message.deleted || message.content === content) return;
    const wanted: Wanted = { content, upTo: Infinity };
    this.#want(id, wanted);
    const before = this.#turns.get(id) ?? Promise.resolve(null);
    const call = before.then((taken) => this.#call(id, method, wanted, taken));
    this.#turns.set(id, call.catch(() => before));
    try {
      await call;
    } catch (error) {
      // What was wanted since stays; what was taken before may not have been told by the log yet.
      const taken = await before;
      if (this.#wanted.value.get(id) === wanted) this.#want(id, taken);
      throw error;
    }
  }

  /** Makes one revision after `taken`, the last one before it that the server took. */
  async #call(id: string, method: 'PATCH' | 'DELETE', wanted: Wanted, taken: Wanted | null): Promise<Wanted> {
    const { content } = wanted;
    // The entry of the one before may still be on its way to the log.
    wanted.upTo = Math.max(this.#thread.messages.value.find((one) => one.id === id)?.entry_seq ?? 0, taken ? taken.upTo + 1 : 0);
    // Done twice it is done once, so that a lost answer is asked for again.
    const call = { idempotent: true, ...(content === null ? {} : { body: { content } }) };
    const { message } = await this.#api.call<RevisedMessage>(method, `/conversations/${this.#thread.id}/messages/${id}`, call);
    wanted.upTo = message.entry_seq - 1;
    if (this.#wanted.value.get(id) === wanted) this.#want(id, wanted);
    return wanted;
  }

  /** Keeps what a message is to become, and forgets what the log has gone beyond. */
  #want(id: string, wanted: Wanted | null): void {
    const all = new Map(this.#wanted.value);
    if (wanted) all.set(id, wanted);
    else all.delete(id);
    for (const message of this.#thread.messages.value) {
      const known = message.id === null ? undefined : all.get(message.id);
      if (known && !isDue(message, known)) all.delete(message.id!);
    }
    set(this.#wanted, all);
  }
}

function shown(message: ThreadMessage, all: ReadonlyMap<string, Wanted>): ThreadMessage {
  const wanted = message.id === null ? undefined : all.get(message.id);
  if (!wanted || !isDue(message, wanted) || message.content === wanted.content) return message;
  return wanted.content === null ? { ...message, content: '', deleted: true } : { ...message, content: wanted.content, edited: true };
}

/** Whether the log has not gone beyond the revision. */
function isDue(message: ThreadMessage, wanted: Wanted): boolean {
  return !message.deleted && (message.entry_seq ?? 0) <= wanted.upTo;
}
