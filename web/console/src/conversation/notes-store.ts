// The notes of one request: fetched, then kept true by frames.
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, type NewNote, type Note, type NotesApi, type RealtimeClient } from '@guichet/sdk';
import { useDesk } from '../desk.ts';

export class Notes {
  /** Oldest first; deleted ones are among them, without their words. */
  readonly items: ReadonlySignal<readonly Note[]>;
  readonly phase: ReadonlySignal<'loading' | 'ready' | 'failed'>;
  readonly #items = signal<readonly Note[]>([]);
  readonly #phase = signal<'loading' | 'ready' | 'failed'>('loading');
  readonly #request: string;
  readonly #api: NotesApi;
  readonly #stops: (() => void)[];

  constructor(request: string, api: NotesApi, realtime: RealtimeClient) {
    this.#request = request;
    this.#api = api;
    this.items = this.#items;
    this.phase = this.#phase;
    this.#stops = [
      realtime.on('note', ({ support_request_id, note }) => {
        if (support_request_id === request) this.#take([note]);
      }),
      realtime.on('welcome', () => void this.load()),
      realtime.on('resync', () => void this.load()),
    ];
    void this.load();
  }

  async load(): Promise<void> {
    try {
      this.#take(await this.#api.list(this.#request));
      this.#phase.value = 'ready';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What is there stays; the next welcome asks again.
      if (this.#phase.value === 'loading') this.#phase.value = 'failed';
    }
  }

  async write(note: NewNote, key: string): Promise<void> {
    this.#take([await this.#api.write(this.#request, note, key)]);
  }

  async edit(id: string, note: NewNote): Promise<void> {
    this.#take([await this.#api.edit(this.#request, id, note)]);
  }

  async remove(note: Note): Promise<void> {
    await this.#api.remove(this.#request, note.id);
    this.#take([{ ...note, content: null, mentions: [], deleted_at: note.deleted_at ?? new Date().toISOString() }]);
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }

  #take(notes: readonly Note[]): void {
    this.#items.value = mergeNotes(this.#items.value, notes);
  }
}

/** Both, each note once as it was last left, by time: it does not matter which comes first. */
export function mergeNotes(known: readonly Note[], more: readonly Note[]): readonly Note[] {
  const byId = new Map(known.map((note) => [note.id, note]));
  for (const note of more) {
    const before = byId.get(note.id);
    if (before === undefined || stateOf(note) > stateOf(before)) byId.set(note.id, note);
  }
  return [...byId.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1));
}

/** Grows with each edit; nothing comes after a deletion. */
function stateOf(note: Note): number {
  return note.deleted_at !== null ? Infinity : Date.parse(note.edited_at ?? note.created_at);
}

export function useNotes(requestId: string): Notes {
  const { notes, realtime } = useDesk();
  const store = useMemo(() => new Notes(requestId, notes, realtime), [requestId, notes, realtime]);
  useEffect(() => () => store.dispose(), [store]);
  return store;
}
