import { effect } from '@preact/signals-core';
import type { ApiClient } from '../api/client.ts';
import { ConversationApi } from '../api/conversations.ts';
import { browserStore, systemClock, type Clock, type KeyValueStore } from '../env.ts';
import type { RealtimeClient } from '../realtime/client.ts';
import { Outbox } from './outbox.ts';
import { ConversationStore, type Side } from './store.ts';
import { pageTab, type Tab } from './tab.ts';

export interface ConversationsOptions {
  api: ApiClient;
  realtime: RealtimeClient;
  side: Side;
  /** Unsent messages and drafts are kept by this name; use the person's id. */
  scope: string;
  me?: { id: string; name: string } | null;
  storage?: KeyValueStore;
  clock?: Clock;
  random?: () => number;
  tab?: Tab;
}

/**
 * The conversations a page follows. One that is closed while something is unsent is followed until it is sent;
 * what an earlier page left unsent is sent without anybody opening it.
 */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #stores = new Map<string, { store: ConversationStore; users: number; stopLingering?: () => void }>();

  constructor(options: ConversationsOptions) {
    this.#options = options;
    for (const id of Outbox.conversations(this.#storage, options.scope)) {
      this.open(id);
      this.close(id);
    }
  }

  /** The conversation's store, the same for all who have it open. Each `open` needs its `close`. */
  open(id: string): ConversationStore {
    const known = this.#stores.get(id);
    if (known) {
      known.users += 1;
      known.stopLingering?.();
      known.stopLingering = undefined;
      return known.store;
    }
    const { api, realtime, side, scope, me, clock = systemClock, random = Math.random, tab = pageTab() } = this.#options;
    const store = new ConversationStore({ id, side, scope, me, realtime, clock, random, tab, storage: this.#storage, api: new ConversationApi(api) });
    this.#stores.set(id, { store, users: 1 });
    return store;
  }

  close(id: string): void {
    const known = this.#stores.get(id);
    if (!known || (known.users -= 1) > 0) return;
    known.stopLingering = effect(() => {
      if (!known.store.busy.value) queueMicrotask(() => this.#end(id));
    });
  }

  /** Ends everything, for example at sign-out. What is unsent stays on disk for the same person. */
  dispose(): void {
    for (const { store, stopLingering } of this.#stores.values()) {
      stopLingering?.();
      store.dispose();
    }
    this.#stores.clear();
  }

  #end(id: string): void {
    const known = this.#stores.get(id);
    if (!known || known.users > 0 || known.store.busy.value) return;
    known.stopLingering?.();
    known.store.dispose();
    this.#stores.delete(id);
  }

  get #storage(): KeyValueStore {
    return (this.#options.storage ??= browserStore());
  }
}
