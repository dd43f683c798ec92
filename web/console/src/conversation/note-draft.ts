// A note that is being written: on the device until it is kept by the server, as a message is.
import { signal, type ReadonlySignal } from '@preact/signals';
import { browserStore, uuid } from '@guichet/sdk';

const store = browserStore();

export class NoteDraft {
  readonly text: ReadonlySignal<string>;
  /** Whether the field writes a note now, and no answer. */
  readonly open: ReadonlySignal<boolean>;
  /** The note's name for the server, the same for each attempt. */
  key = uuid();
  readonly #text;
  readonly #open;
  readonly #name: string;

  constructor(me: string, requestId: string) {
    this.#name = `guichet.note.${me}.${requestId}`;
    this.#text = signal(store.get(this.#name) ?? '');
    this.#open = signal(this.#text.peek() !== '');
    this.text = this.#text;
    this.open = this.#open;
  }

  set(text: string): void {
    this.#text.value = text;
    if (text === '') store.remove(this.#name);
    else store.set(this.#name, text);
  }

  show(open: boolean): void {
    this.#open.value = open;
  }

  /** The note is with the server: the next one is another. */
  clear(): void {
    this.set('');
    this.key = uuid();
  }
}
