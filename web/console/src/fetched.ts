// Something small that is asked for once and then kept: the saved views, the categories, the settings.
import { signal, type ReadonlySignal } from '@preact/signals';
import { ApiError } from '@guichet/sdk';

export class Fetched<Value> {
  /** Null until it was read. */
  readonly value: ReadonlySignal<Value | null>;
  /** Why the last reading failed; null when it did not. */
  readonly problem: ReadonlySignal<ApiError | null>;
  readonly #value = signal<Value | null>(null);
  readonly #problem = signal<ApiError | null>(null);
  readonly #read: () => Promise<Value>;
  #reading: Promise<void> | undefined;

  constructor(read: () => Promise<Value>) {
    this.#read = read;
    this.value = this.#value;
    this.problem = this.#problem;
  }

  /** Reads it unless it is there; those who ask meanwhile wait together. */
  load(): Promise<void> {
    return this.#value.peek() === null ? this.reload() : Promise.resolve();
  }

  /** Reads it anew; what is there stays until then, and when that fails. */
  reload(): Promise<void> {
    this.#reading ??= this.#read()
      .then(
        (value) => {
          this.#value.value = value;
          this.#problem.value = null;
        },
        (error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          this.#problem.value = error;
        },
      )
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** What the server has answered to a change. */
  set(value: Value): void {
    this.#value.value = value;
    this.#problem.value = null;
  }
}
