// The timeline of one request: fetched, then kept true by frames.
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, type RealtimeClient, type SupportRequestsApi, type TimelineEntry } from '@guichet/sdk';
import { useDesk } from '../desk.ts';

export class Timeline {
  /** Oldest first. */
  readonly entries: ReadonlySignal<readonly TimelineEntry[]>;
  readonly phase: ReadonlySignal<'loading' | 'ready' | 'failed'>;
  readonly #entries = signal<readonly TimelineEntry[]>([]);
  readonly #phase = signal<'loading' | 'ready' | 'failed'>('loading');
  readonly #id: string;
  readonly #api: SupportRequestsApi;
  readonly #stops: (() => void)[];

  constructor(id: string, api: SupportRequestsApi, realtime: RealtimeClient) {
    this.#id = id;
    this.#api = api;
    this.entries = this.#entries;
    this.phase = this.#phase;
    this.#stops = [
      realtime.on('timeline', ({ support_request_id, entry }) => {
        if (support_request_id === id) this.#add([entry]);
      }),
      realtime.on('welcome', () => void this.load()),
      realtime.on('resync', () => void this.load()),
    ];
    void this.load();
  }

  async load(): Promise<void> {
    try {
      this.#add(await this.#api.timeline(this.#id));
      this.#phase.value = 'ready';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What is there stays; the next welcome asks again.
      if (this.#phase.value === 'loading') this.#phase.value = 'failed';
    }
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  #add(entries: readonly TimelineEntry[]): void {
    this.#entries.value = union(this.#entries.value, entries);
  }
}

/** Both, each entry once, by time; entries never change, so it does not matter which copy stays. */
export function union(known: readonly TimelineEntry[], more: readonly TimelineEntry[]): readonly TimelineEntry[] {
  const byId = new Map([...known, ...more].map((entry) => [entry.id, entry]));
  if (byId.size === known.length) return known;
  // Ids are made in the order of time, and break its ties.
  return [...byId.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1));
}

export function useTimeline(requestId: string): Timeline {
  const { requests, realtime } = useDesk();
  const timeline = useMemo(() => new Timeline(requestId, requests, realtime), [requestId, requests, realtime]);
  useEffect(() => () => timeline.dispose(), [timeline]);
  return timeline;
}
