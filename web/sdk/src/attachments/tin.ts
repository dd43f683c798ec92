import { Tab } from '../conversation/tab.ts';
import type { Clock, KeyValueStore } from '../env.ts';
import type { Attachment } from '../types.ts';
import type { Upload } from './uploads.ts';

export interface TinOptions {
  storage: KeyValueStore;
  scope: string;
  conversationId: string;
  tab: Tab;
  clock: Clock;
  /** Told of what this tab, or one that has ended, kept. */
  found: (uploads: readonly Upload[]) => void;
}

/** As long as the server keeps what no message names, less what a clock may be wrong by. */
const KEPT_MS = 23.5 * 60 * 60 * 1000;

/**
 * What is known of a conversation's unsent files, on disk: a file that is uploaded comes back whole after a reload;
 * of one that was not, only that it is missing.
 */
export class Tin {
  readonly #options: TinOptions;
  readonly #prefix: string;
  #closed = false;

  constructor(options: TinOptions) {
    this.#options = options;
    this.#prefix = `guichet:files:${options.scope}:${options.conversationId}:`;
  }

  /** Brings back what this tab kept, and what ended ones did. */
  open(): void {
    const { storage, tab, found } = this.#options;
    const own = this.#prefix + tab.id;
    const kept = this.#read(own);
    if (kept.length > 0) found(kept);
    for (const key of storage.keys().filter((name) => name.startsWith(this.#prefix) && name !== own)) {
      // A tab that is open keeps its files; this page before its reload has ended.
      tab.locks.ifFree(Tab.lock(key.slice(this.#prefix.length)), (free) => {
        if (!free || this.#closed) return;
        const left = this.#read(key);
        found(left);
        // Ours are on disk before theirs leave it.
        storage.remove(key);
      });
    }
  }

  keep(uploads: readonly Upload[]): void {
    const { storage, tab } = this.#options;
    const kept = uploads.filter(({ state, problem }) => state !== 'failed' || problem?.code === 'lost');
    const text = JSON.stringify(kept.map(({ key, name, size, mime, attachment }) => ({ key, name, size, mime, attachment })));
    const own = this.#prefix + tab.id;
    if (kept.length === 0) storage.remove(own);
    else if (storage.get(own) !== text) storage.set(own, text);
  }

  close(): void {
    this.#closed = true;
  }

  #read(key: string): Upload[] {
    try {
      const kept: unknown = JSON.parse(this.#options.storage.get(key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isKept).map((one) => this.#revive(one)) : [];
    } catch {
      // Another script wrote over our key: there is nothing of ours left.
      return [];
    }
  }

  #revive({ key, name, size, mime, attachment }: Kept): Upload {
    const isThere = attachment !== null && this.#options.clock.now() - Date.parse(attachment.created_at) < KEPT_MS;
    const upload = { key, name, size, mime, file: null };
    if (!isThere) return { ...upload, state: 'failed', progress: 0, attachment: null, problem: { code: 'lost', message: '', canRetry: false } };
    return { ...upload, state: attachment.status === 'ready' ? 'ready' : 'checking', progress: 1, attachment, problem: null };
  }
}

type Kept = Pick<Upload, 'key' | 'name' | 'size' | 'mime'> & { readonly attachment: Attachment | null };

function isKept(value: unknown): value is Kept {
  const kept = value as Partial<Kept> | null;
  return typeof kept?.key === 'string' && typeof kept.name === 'string' && typeof kept.size === 'number' && typeof kept.mime === 'string';
}
