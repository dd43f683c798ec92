import { signal, type ReadonlySignal } from '@preact/signals-core';
import { set, type KeyValueStore } from '@guichet/sdk';

/** A conversation this browser may take up again. */
export interface ConversationRecord {
  readonly id: string;
  /** The guest's token for this one conversation. */
  readonly token: string;
  /** The request's number. */
  readonly number: string;
  readonly subject: string;
  readonly opened_at: string;
}

/** Who the visitor said to be, or the page said. */
export interface Person {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

const KEPT = 20;

/** What the browser remembers of a visitor between pages, shared by its tabs. */
export class Memory {
  readonly records: ReadonlySignal<readonly ConversationRecord[]> = signal<readonly ConversationRecord[]>([]);
  readonly person: ReadonlySignal<Person> = signal<Person>({});
  readonly #storage: KeyValueStore;
  readonly #prefix: string;

  constructor(storage: KeyValueStore, organization: string) {
    this.#storage = storage;
    this.#prefix = `guichet:${organization}:`;
    this.#load();
    storage.watch?.((key) => {
      if (key === null || key.startsWith(this.#prefix)) this.#load();
    });
  }

  add(record: ConversationRecord): void {
    this.#keep([record, ...this.#read().filter((known) => known.id !== record.id)].slice(0, KEPT));
  }

  forget(id: string): void {
    this.#keep(this.#read().filter((known) => known.id !== id));
  }

  introduce(person: Person): void {
    const known = Object.fromEntries(Object.entries(person).filter(([, value]) => typeof value === 'string'));
    set(this.person, { ...this.person.value, ...known });
    this.#storage.set(this.#prefix + 'person', JSON.stringify(this.person.value));
  }

  get language(): string | null {
    return this.#storage.get(this.#prefix + 'language');
  }

  set language(language: string | null) {
    if (language === null) this.#storage.remove(this.#prefix + 'language');
    else this.#storage.set(this.#prefix + 'language', language);
  }

  #keep(records: readonly ConversationRecord[]): void {
    this.#storage.set(this.#prefix + 'conversations', JSON.stringify(records));
    set(this.records, records);
  }

  #load(): void {
    const records = this.#read();
    // The same list keeps the same identity, so that nothing is opened anew.
    if (JSON.stringify(records) !== JSON.stringify(this.records.value)) set(this.records, records);
    set(this.person, this.#parse<Person>('person') ?? {});
  }

  #read(): ConversationRecord[] {
    const records = this.#parse<ConversationRecord[]>('conversations');
    return Array.isArray(records) ? records.filter((record) => typeof record?.id === 'string' && typeof record.token === 'string') : [];
  }

  #parse<T>(name: string): T | null {
    return parse<T>(this.#storage.get(this.#prefix + name) ?? '');
  }
}

/** What was stored; nothing, when nothing was. */
export function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    // The page's own scripts share this storage; what they overwrote is gone.
    return null;
  }
}
