import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { set, ApiError, ConversationApi, ConversationStore, GuestTokens, pageTab, PublicApi, RealtimeClient, realtimeUrl, systemClock, type ApiClient, type KeyValueStore, type OwnSupportRequest } from '@guichet/sdk';
import type { ConversationRecord } from './records.ts';

/** The name under which a conversation's unsent messages are kept. */
export const scopeOf = (id: string) => `guest-${id}`;

/** An open line to one conversation: its token, its connection, its messages, its request. */
export class Line {
  readonly record: ConversationRecord;
  /** In the visitor's name. */
  readonly api: ApiClient;
  /** The name under which what is unsent is kept. */
  readonly scope: string;
  /** Whether files wait on this device to be sent. */
  readonly kept: boolean;
  readonly realtime: RealtimeClient;
  readonly store: ConversationStore;
  readonly request: ReadonlySignal<OwnSupportRequest | null> = signal<OwnSupportRequest | null>(null);
  /** The token has ended or the conversation is gone. */
  readonly refused: ReadonlySignal<boolean>;
  /** The connection in three words, for a visitor. */
  readonly connection: ReadonlySignal<'fine' | 'reconnecting' | 'offline'>;

  readonly #public: PublicApi;

  constructor(record: ConversationRecord, api: ApiClient, storage: KeyValueStore) {
    this.record = record;
    const tokens = new GuestTokens(record.token);
    this.api = api.with(tokens);
    this.scope = scopeOf(record.id);
    this.kept = storage.keys().some((key) => key.startsWith(`guichet:files:${this.scope}`));
    this.#public = new PublicApi(this.api);
    this.realtime = new RealtimeClient({ url: realtimeUrl(api.origin), tokens });
    this.store = new ConversationStore({
      id: record.id,
      side: 'customer',
      scope: this.scope,
      api: new ConversationApi(this.api),
      realtime: this.realtime,
      storage,
      clock: systemClock,
      random: Math.random,
      tab: pageTab(),
    });
    this.refused = computed(() => this.store.phase.value === 'refused' || this.realtime.state.value === 'signed_out');
    this.connection = computed(() => {
      const state = this.realtime.state.value;
      return state === 'reconnecting' || state === 'offline' ? state : 'fine';
    });
    this.realtime.on('support_request', (frame) => this.learn(frame.support_request));
    this.realtime.on('resync', () => void this.refresh());
    this.realtime.start();
    void this.refresh();
  }

  /** Applies a state of the request unless a later one is known. */
  learn(request: OwnSupportRequest): void {
    const known = this.request.peek();
    if (request.conversation_id !== this.record.id) return;
    if (known && (request.version < known.version || (request.version === known.version && (request.last_message?.seq ?? 0) < (known.last_message?.seq ?? 0)))) return;
    set(this.request, request);
  }

  async refresh(): Promise<void> {
    try {
      this.learn((await this.#public.supportRequest(this.record.number)).support_request);
    } catch (error) {
      // Asked again after each reconnect; the conversation itself does not depend on it.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Ends the line once everything written on it is sent. */
  hangUp(): void {
    const stop = effect(() => {
      if (this.store.busy.value && !this.refused.value) return;
      queueMicrotask(() => {
        stop();
        this.store.dispose();
        this.realtime.stop();
      });
    });
  }
}
