import type { Note } from '../types.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

export interface NewNote {
  content: string;
  /** Ids of the staff it calls upon: they see the request from then on. */
  mentions?: readonly string[];
}

/** What the staff write about a request among themselves. */
export class NotesApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Oldest first. */
  async list(requestId: string): Promise<Note[]> {
    return (await this.#client.get<{ items: Note[] }>(`/support-requests/${requestId}/notes`)).items;
  }

  /** Whoever may try again later keeps the `key`: the same note under it is written once. */
  write(requestId: string, note: NewNote, key: string = uuid()): Promise<Note> {
    return this.#client.post(`/support-requests/${requestId}/notes`, note, once(key));
  }

  edit(requestId: string, noteId: string, note: NewNote): Promise<Note> {
    return this.#client.call('PATCH', `/support-requests/${requestId}/notes/${noteId}`, { body: note, idempotent: true });
  }

  remove(requestId: string, noteId: string): Promise<void> {
    return this.#client.call('DELETE', `/support-requests/${requestId}/notes/${noteId}`, { idempotent: true });
  }
}
