import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Clock, KeyValueStore } from '../env.ts';
import type { Attachment } from '../types.ts';
import { Tab } from './tab.ts';
import { set } from '../signals.ts';

/** A message the server has not answered for yet, or has refused for good. */
export interface PendingMessage {
  readonly client_message_id: string;
  readonly content: string;
  readonly created_at: string;
  readonly in_reply_to?: string;
  /** Uploaded, and bound to the message when the server takes it. */
  readonly attachments?: readonly Attachment[];
  /** Set when it was refused and only its author can decide what follows. */
  readonly failed?: { readonly code: string; readonly message: string };
}

export interface OutboxOptions {
  /** Whose messages: another person on the same device must not send them. */
  scope: string;
  conversationId: string;
  storage: KeyValueStore;
  tab: Tab;
  clock: Clock;
}

const PREFIX = 'guichet:outbox';
/** A page that is reloaded takes up its own messages within this time, in their order; only then may another tab. */
const RELOAD_MS = 5_000;

/**
 * What this tab still has to send in one conversation, in order, on disk before it is sent.
 * What another tab left behind when it ended is taken over.
 */
export class Outbox {
  readonly entries: ReadonlySignal<readonly PendingMessage[]> = signal<readonly PendingMessage[]>([]);
  /** How many other tabs have something to send here. */
  readonly foreign: ReadonlySignal<number> = signal(0);
  /** Told when messages of an ended tab were taken over. */
  onAdopted: () => void = () => {};

  readonly #options: OutboxOptions;
  readonly #prefix: string;
  readonly #waiting = new Map<string, () => void>();
  #unwatch: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prefix = `${PREFIX}:${options.scope}:${options.conversationId}:`;
    set(this.entries, this.#read(this.#prefix + options.tab.id));
  }

  /** The conversations of `scope` in which somebody has something unsent. */
  static conversations(storage: KeyValueStore, scope: string): string[] {
    const prefix = `${PREFIX}:${scope}:`;
    const ids = storage.keys().filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length, key.lastIndexOf(':')));
    return [...new Set(ids)];
  }

  /** Takes over what ended tabs left, now and while this one lives. */
  start(): void {
    this.#look(true);
    this.#unwatch = this.#options.storage.watch?.((key) => {
      if (key === null || key.startsWith(this.#prefix)) this.#look(false);
    });
  }

  stop(): void {
    this.#unwatch?.();
    for (const giveUp of this.#waiting.values()) giveUp();
    this.#waiting.clear();
  }

  /** The next one to send: the oldest that has not failed. */
  head(): PendingMessage | undefined {
    return this.entries.value.find((entry) => !entry.failed);
  }

  find(id: string): PendingMessage | undefined {
    return this.entries.value.find((entry) => entry.client_message_id === id);
  }

  add(entry: PendingMessage): void {
    this.#store([...this.entries.value, entry]);
  }

  remove(id: string): PendingMessage | undefined {
    const found = this.find(id);
    if (found) this.#store(this.entries.value.filter((entry) => entry !== found));
    return found;
  }

  fail(id: string, failed: { code: string; message: string }): void {
    this.#store(this.entries.value.map((entry) => (entry.client_message_id === id ? { ...entry, failed } : entry)));
  }

  /** Makes a failed one ready to be sent again, under the same id. */
  revive(id: string): void {
    this.#store(this.entries.value.map((entry) => (entry.client_message_id === id ? { ...entry, failed: undefined } : entry)));
  }

  #look(starting: boolean): void {
    const { storage, tab } = this.#options;
    const keys = storage.keys().filter((key) => key.startsWith(this.#prefix));
    const owners = new Set(keys.map((key) => key.slice(this.#prefix.length)).filter((owner) => owner !== tab.id));
    for (const [owner, giveUp] of this.#waiting) {
      if (owners.has(owner)) continue;
      // That tab has sent everything by itself.
      giveUp();
      this.#waiting.delete(owner);
    }
    for (const owner of owners) {
      if (!this.#waiting.has(owner)) this.#waitFor(owner, starting);
    }
    set(this.foreign, this.#waiting.size);
  }

  #waitFor(owner: string, starting: boolean): void {
    const { tab, clock } = this.#options;
    const lock = Tab.lock(owner);
    let waiting = true;
    let giveUp = () => {};
    const untilItEnds = () => {
      giveUp = tab.locks.whenFree(lock, () => {
        const grace = clock.setTimeout(() => (giveUp = tab.locks.whenFree(lock, () => this.#adopt(owner))), RELOAD_MS);
        giveUp = () => clock.clearTimeout(grace);
      });
    };
    this.#waiting.set(owner, () => {
      waiting = false;
      giveUp();
    });
    // What ended before this page began may well be this page, before its reload.
    if (starting) tab.locks.ifFree(lock, (free) => waiting && (free ? this.#adopt(owner) : untilItEnds()));
    else untilItEnds();
  }

  #adopt(owner: string): void {
    this.#waiting.delete(owner);
    const left = this.#read(this.#prefix + owner).filter((entry) => !this.find(entry.client_message_id));
    if (left.length > 0) {
      const [first, ...rest] = this.entries.value;
      const later = [...left, ...rest].sort((a, b) => a.created_at.localeCompare(b.created_at));
      // The first of ours may be on its way and keeps its place.
      this.#store(first ? [first, ...later] : later);
    }
    // Ours are on disk before theirs leave it.
    this.#options.storage.remove(this.#prefix + owner);
    set(this.foreign, this.#waiting.size);
    if (left.length > 0) this.onAdopted();
  }

  #store(entries: readonly PendingMessage[]): void {
    set(this.entries, entries);
    const key = this.#prefix + this.#options.tab.id;
    if (entries.length === 0) this.#options.storage.remove(key);
    else this.#options.storage.set(key, JSON.stringify(entries));
  }

  #read(key: string): PendingMessage[] {
    const text = this.#options.storage.get(key);
    if (text === null) return [];
    try {
      const entries: unknown = JSON.parse(text);
      return Array.isArray(entries) ? entries.filter(isPending) : [];
    } catch {
      // Another script wrote over our key: there is nothing of ours left to send.
      return [];
    }
  }
}

function isPending(value: unknown): value is PendingMessage {
  const entry = value as Partial<PendingMessage> | null;
  return typeof entry?.client_message_id === 'string' && typeof entry.content === 'string' && typeof entry.created_at === 'string';
}
