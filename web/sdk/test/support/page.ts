import { ApiClient, type TokenSource } from '../../src/api/client.ts';
import { Conversations } from '../../src/conversation/conversations.ts';
import type { ConversationStore } from '../../src/conversation/store.ts';
import { Tab } from '../../src/conversation/tab.ts';
import { memoryStore, type KeyValueStore, type Network } from '../../src/env.ts';
import { RealtimeClient } from '../../src/realtime/client.ts';
import { FakeLocks } from './locks.ts';
import { CONVERSATION, type FakeServer } from './server.ts';

/** What outlives a page: the disk and the other tabs. */
export class Device {
  readonly disk = new Map<string, string>();
  readonly locks = new FakeLocks();
  readonly watchers = new Set<(key: string | null) => void>();
  #tabs = 0;

  store(): KeyValueStore {
    const store = memoryStore(this.disk);
    return { ...store, watch: (listener) => (this.watchers.add(listener), () => this.watchers.delete(listener)) };
  }

  tab(): Tab {
    this.#tabs += 1;
    return new Tab(this.locks, `tab-${this.#tabs}`);
  }
}

export class FakeNetwork implements Network {
  online = true;
  #heard: (event: 'online' | 'offline' | 'wake') => void = () => {};

  isOnline(): boolean {
    return this.online;
  }

  listen(heard: (event: 'online' | 'offline' | 'wake') => void): () => void {
    this.#heard = heard;
    return () => (this.#heard = () => {});
  }

  say(event: 'online' | 'offline' | 'wake'): void {
    if (event !== 'wake') this.online = event === 'online';
    this.#heard(event);
  }
}

/** Tokens handed out in order: token-1, token-2 … */
export class FakeTokens implements TokenSource {
  current: string | null = 'token-1';
  renewals = 0;
  readonly #listeners = new Set<(token: string | null) => void>();
  /** What the next renewal gives. */
  next: () => string | null = () => `token-${this.renewals + 1}`;

  token(): string | null {
    return this.current;
  }

  async renew(): Promise<string | null> {
    this.renewals += 1;
    this.set(this.next());
    return this.current;
  }

  set(token: string | null): void {
    this.current = token;
    for (const listener of this.#listeners) listener(token);
  }

  subscribe(listener: (token: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** One loaded page of the visitor with the conversation open. */
export class Page {
  readonly tokens = new FakeTokens();
  readonly network = new FakeNetwork();
  readonly realtime: RealtimeClient;
  readonly conversations: Conversations;
  readonly store: ConversationStore;
  readonly api: ApiClient;
  readonly #tab: Tab;

  constructor(server: FakeServer, device = new Device(), random: () => number = () => 0.5, fetched: typeof fetch = server.fetch()) {
    const { clock } = server;
    this.#tab = device.tab();
    this.realtime = new RealtimeClient({ url: 'ws://server.test', tokens: this.tokens, socket: server.socket, clock, random, network: this.network });
    const api = (this.api = new ApiClient({ origin: 'http://server.test', tokens: this.tokens, fetch: fetched, clock, random }));
    this.conversations = new Conversations({ api, realtime: this.realtime, side: 'customer', scope: 'visitor', storage: device.store(), clock, random, tab: this.#tab });
    this.store = this.conversations.open(CONVERSATION);
    this.realtime.start();
  }

  /** The page is closed or reloaded: nothing is said to anybody. */
  close(): void {
    this.conversations.dispose();
    this.realtime.stop();
    this.#tab.end();
  }

  get contents(): string[] {
    return this.store.messages.value.map((message) => message.content);
  }

  get states(): string[] {
    return this.store.messages.value.map((message) => message.state);
  }
}
