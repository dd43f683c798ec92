import type { Clock, TimerId } from '../env.ts';

const ANSWER_MS = 10_000;

/**
 * Notices a connection that has died without a close. A browser does not show the server's pings to scripts,
 * so silence is broken by a ping of our own; without an answer the connection is given up.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #limit = 0;
  #heardAt = 0;
  #watch: TimerId | undefined;
  #answer: TimerId | undefined;

  constructor(clock: Clock, ping: () => void, dead: () => void) {
    this.#clock = clock;
    this.#ping = ping;
    this.#dead = dead;
  }

  /** Watches a connection on which nothing may be heard for `limit` milliseconds. */
  start(limit: number): void {
    this.stop();
    this.#limit = limit;
    this.heard();
    this.#next();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#watch);
    this.heard();
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#clock.clearTimeout(this.#answer);
    this.#answer = undefined;
  }

  /** Asks at once, as after sleep. */
  ask(within: number = ANSWER_MS): void {
    if (this.#answer !== undefined) return;
    this.#answer = this.#clock.setTimeout(this.#dead, within);
    this.#ping();
  }

  #next(): void {
    this.#clock.clearTimeout(this.#watch);
    this.#watch = this.#clock.setTimeout(() => {
      if (this.#clock.now() - this.#heardAt >= this.#limit) this.ask();
      this.#next();
    }, Math.max(ANSWER_MS, this.#heardAt + this.#limit - this.#clock.now()));
  }
}
