// One request as its requester follows it: fetched, then kept true by what is told live.
import { signal, type ReadonlySignal } from '@preact/signals-core';
import { ApiError } from '@guichet/sdk/errors.ts';
import { systemClock, type Clock, type TimerId } from '@guichet/sdk/env.ts';
import type { RealtimeClient } from '@guichet/sdk/realtime/client.ts';
import { set } from '@guichet/sdk/signals.ts';
import type { OwnSupportRequest, TimelineEntry, TrackedSupportRequest } from '@guichet/sdk';

/** `unreachable` while nobody answers, which is tried again by itself; `lost` when it may not be seen, which is final. */
export type FollowedPhase = 'loading' | 'ready' | 'unreachable' | 'lost';

export interface FollowedOptions {
  /** Asks for the request and what happened to it; rejects with an `ApiError`. */
  readonly fetch: () => Promise<TrackedSupportRequest>;
  readonly realtime: RealtimeClient;
  readonly clock?: Clock;
}

const RETRY_MS = 4_000;

export class Followed {
  readonly phase: ReadonlySignal<FollowedPhase> = signal<FollowedPhase>('loading');
  readonly request: ReadonlySignal<OwnSupportRequest | null> = signal<OwnSupportRequest | null>(null);
  /** Oldest first, each entry once. */
  readonly timeline: ReadonlySignal<readonly TimelineEntry[]> = signal<readonly TimelineEntry[]>([]);
  readonly #options: FollowedOptions;
  readonly #clock: Clock;
  readonly #stops: (() => void)[];
  #timer: TimerId | undefined;
  #ended = false;

  constructor(options: FollowedOptions) {
    const { realtime } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#stops = [
      realtime.on('support_request', ({ support_request }) => {
        if (support_request.id === this.request.peek()?.id) this.learn(support_request);
      }),
      realtime.on('timeline', ({ support_request_id, entry }) => {
        if (support_request_id === this.request.peek()?.id) this.#add([entry]);
      }),
      realtime.on('welcome', () => this.#again()),
      realtime.on('resync', () => this.#again()),
    ];
  }

  /** Asks for everything; without an answer, again a little later. */
  async load(): Promise<void> {
    this.#clock.clearTimeout(this.#timer);
    try {
      const { support_request, timeline } = await this.#options.fetch();
      if (this.#ended) return;
      this.learn(support_request);
      this.#add(timeline);
      set(this.phase, 'ready');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (this.#ended) return;
      if (!error.isTemporary) return set(this.phase, 'lost');
      // What is there stays; the connection says by itself that it is not fine.
      if (this.request.peek() === null) set(this.phase, 'unreachable');
      this.#timer = this.#clock.setTimeout(() => void this.load(), error.retryAfter ?? RETRY_MS);
    }
  }

  /** Applies a state of the request unless a later one is known. */
  learn(request: OwnSupportRequest): void {
    const known = this.request.peek();
    if (known !== null && request.version < known.version) return;
    set(this.request, request);
  }

  dispose(): void {
    this.#ended = true;
    this.#clock.clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
  }

  /** After a lost connection something may have been missed; the first answer is not waited for twice. */
  #again(): void {
    if (this.request.peek() !== null) void this.load();
  }

  #add(entries: readonly TimelineEntry[]): void {
    const known = this.timeline.peek();
    const byId = new Map([...known, ...entries].map((entry) => [entry.id, entry]));
    if (byId.size === known.length) return;
    // Ids are made in the order of time, and break its ties.
    set(this.timeline, [...byId.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1)));
  }
}
