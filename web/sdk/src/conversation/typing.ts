import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Clock, TimerId } from '../env.ts';
import type { TypingFrame } from '../frames.ts';
import { set } from '../signals.ts';

export interface TypingPerson {
  readonly id: string;
  readonly name: string;
}

const EXPIRES_MS = 5_000;
const REPEAT_MS = 3_000;
/** The server passes on no sign that comes within a second of another, however they were meant; the way there varies. */
const APART_MS = 1_250;
const PAUSE_MS = 4_000;

/** Who is writing: others, each for five seconds after the last sign; ourselves, told at most every three. */
export class Typing {
  readonly others: ReadonlySignal<readonly TypingPerson[]> = signal<readonly TypingPerson[]>([]);
  readonly #timers = new Map<string, TimerId>();
  readonly #clock: Clock;
  readonly #tell: (isTyping: boolean) => void;
  #toldAt: number | null = null;
  /** Of the last sign, also of one that a message has ended since. */
  #signAt = -Infinity;
  #pause: TimerId | undefined;
  #late: TimerId | undefined;

  constructor(clock: Clock, tell: (isTyping: boolean) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  heard(frame: TypingFrame): void {
    this.stopped(frame.participant_id);
    if (!frame.is_typing) return;
    set(this.others, [...this.others.value, { id: frame.participant_id, name: frame.name }]);
    this.#timers.set(frame.participant_id, this.#clock.setTimeout(() => this.stopped(frame.participant_id), EXPIRES_MS));
  }

  stopped(id: string): void {
    this.#clock.clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.others.value.some((person) => person.id === id)) set(this.others, this.others.value.filter((person) => person.id !== id));
  }

  /** Call at each stroke with true; with false when the field is emptied or left. */
  write(isTyping: boolean): void {
    this.#forgetTimers();
    if (isTyping) this.#pause = this.#clock.setTimeout(() => this.write(false), PAUSE_MS);
    const now = this.#clock.now();
    if (isTyping && this.#toldAt !== null && now - this.#toldAt < REPEAT_MS) return;
    if (!isTyping && this.#toldAt === null) return;
    const early = this.#signAt + APART_MS - now;
    if (isTyping && early > 0) {
      this.#late = this.#clock.setTimeout(() => this.write(true), early);
      return;
    }
    this.#toldAt = isTyping ? now : null;
    if (isTyping) this.#signAt = now;
    this.#tell(isTyping);
  }

  /** A message ends the typing on the other side by itself. */
  sent(): void {
    this.#forgetTimers();
    this.#toldAt = null;
  }

  clear(): void {
    for (const id of [...this.#timers.keys()]) this.stopped(id);
    this.sent();
  }

  #forgetTimers(): void {
    this.#clock.clearTimeout(this.#pause);
    this.#clock.clearTimeout(this.#late);
  }
}
