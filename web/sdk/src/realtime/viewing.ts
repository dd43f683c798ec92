import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import { systemClock, type Clock, type TimerId } from '../env.ts';
import type { Viewer } from '../frames.ts';
import { set } from '../signals.ts';
import type { RealtimeClient } from './client.ts';

/** The server forgets an answer after 30 s without a word, and who only looks after 5 min. */
const REPLYING_AGAIN_MS = 20_000;
const VIEWING_AGAIN_MS = 120_000;

/**
 * One request that is open on this page: told to the other members of staff who have it open, and who they are.
 * It lasts until `dispose`, over lost connections.
 */
export class Viewing {
  /** The others, in the order in which they came; nobody while the connection is lost. */
  readonly others: ReadonlySignal<readonly Viewer[]>;
  readonly #told = signal<readonly Viewer[]>([]);
  readonly #request: string;
  readonly #realtime: RealtimeClient;
  readonly #clock: Clock;
  readonly #stops: (() => void)[];
  #replying = false;
  #timer: TimerId | undefined;

  constructor(request: string, me: string, realtime: RealtimeClient, clock: Clock = systemClock) {
    this.#request = request;
    this.#realtime = realtime;
    this.#clock = clock;
    this.others = computed(() => (realtime.state.value === 'online' ? this.#told.value.filter(({ id }) => id !== me) : []));
    this.#stops = [
      realtime.on('viewers', ({ support_request_id, viewers }) => {
        if (support_request_id === request) set(this.#told, viewers);
      }),
      realtime.on('welcome', () => this.#tell()),
    ];
    this.#tell();
  }

  /** Whether an answer is being written. */
  reply(isReplying: boolean): void {
    if (isReplying === this.#replying) return;
    this.#replying = isReplying;
    this.#tell();
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    this.#clock.clearTimeout(this.#timer);
    this.#realtime.send({ type: 'view', support_request_id: this.#request, state: 'left' });
  }

  #tell(): void {
    this.#clock.clearTimeout(this.#timer);
    // Without a connection it is told with the next welcome.
    if (!this.#realtime.send({ type: 'view', support_request_id: this.#request, state: this.#replying ? 'replying' : 'viewing' })) return;
    this.#timer = this.#clock.setTimeout(() => this.#tell(), this.#replying ? REPLYING_AGAIN_MS : VIEWING_AGAIN_MS);
  }
}
