import { uuid } from '../env.ts';
import { once, type ApiClient } from './client.ts';
import type { RequestSort } from './support-requests.ts';

/** A list of requests under a name; `filter` holds the list's query parameters. */
export interface SavedView {
  id: string;
  name: string;
  filter: Readonly<Record<string, unknown>>;
  sort: RequestSort | null;
  order: 'asc' | 'desc' | null;
  /** Everybody's, or its owner's alone. */
  shared: boolean;
  position: number;
  owner_id: string | null;
}

export type SavedViewChange = Partial<Pick<SavedView, 'name' | 'filter' | 'sort' | 'order' | 'shared' | 'position'>>;

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
