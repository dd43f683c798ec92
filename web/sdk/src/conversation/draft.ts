import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { KeyValueStore } from '../env.ts';
import { set } from '../signals.ts';

/** Text being written, on disk at each stroke, so that no reload loses it. */
export class Draft {
  readonly text: ReadonlySignal<string> = signal('');
  readonly #storage: KeyValueStore;
  readonly #key: string;

  /** `name` is unique within the person's `scope`, for example a conversation's id. */
  constructor(storage: KeyValueStore, scope: string, name: string) {
    this.#storage = storage;
    this.#key = `guichet:draft:${scope}:${name}`;
    set(this.text, storage.get(this.#key) ?? '');
  }

  set(text: string): void {
    if (text === this.text.value) return;
    set(this.text, text);
    if (text === '') this.#storage.remove(this.#key);
    else this.#storage.set(this.#key, text);
  }
}
