import type { components } from '../schema.d.ts';
import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';

/** A list of requests under a name; `filter` holds the list's query parameters. */
export type SavedView = components['schemas']['SavedView'];

export type SavedViewChange = Partial<Pick<SavedView, 'name' | 'sort' | 'order' | 'shared' | 'position'>> & { filter?: Readonly<Record<string, string>> };

export class SavedViewsApi {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async list(): Promise<SavedView[]> {
    return (await this.#client.get<{ items: SavedView[] }>('/saved-views')).items;
  }

  add(view: SavedViewChange, key: string = uuid()): Promise<SavedView> {
    return this.#client.post('/saved-views', view, once(key));
  }

  change(id: string, change: SavedViewChange): Promise<SavedView> {
    return this.#client.call('PATCH', `/saved-views/${id}`, { body: change, idempotent: true });
  }

  remove(id: string): Promise<void> {
    return this.#client.call('DELETE', `/saved-views/${id}`, { idempotent: true });
  }
}
