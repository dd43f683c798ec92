import type { Clock, TimerId } from '../env.ts';
import { ApiError } from '../errors.ts';

const EVERY_MS = 5_000;
const FAILING_CAP_MS = 30_000;

/** Runs one poll after the other while it is on; more slowly while they fail. */
export class Poller {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #poll: () => Promise<void>;
  #round = 0;
  #on = false;
  #timer: TimerId | undefined;

  constructor(clock: Clock, random: () => number, poll: () => Promise<void>) {
    this.#clock = clock;
    this.#random = random;
    this.#poll = poll;
  }

  start(): void {
    if (this.#on) return;
    this.#on = true;
    void this.#run((this.#round += 1), 0);
  }

  stop(): void {
    this.#on = false;
    this.#round += 1;
    this.#clock.clearTimeout(this.#timer);
  }

  async #run(round: number, failures: number): Promise<void> {
    let failed = failures;
    try {
      await this.#poll();
      failed = 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      failed += 1;
    }
    if (round !== this.#round) return;
    const wait = Math.min(FAILING_CAP_MS, EVERY_MS * 2 ** failed) * (0.75 + this.#random() / 2);
    this.#timer = this.#clock.setTimeout(() => void this.#run(round, failed), wait);
  }
}
