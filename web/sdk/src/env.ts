/**
 * What the SDK takes from its surroundings, so that a test can give it another clock,
 * another network and another disk.
 */

export type TimerId = ReturnType<typeof setTimeout> | number;

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  setTimeout(run: () => void, ms: number): TimerId;
  clearTimeout(id: TimerId | undefined): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (id) => clearTimeout(id),
};

/** The part of `Storage` the SDK needs. It never throws: what cannot be kept is kept in memory. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
  /** Called when another tab changed a key; returns how to stop. */
  watch?(listener: (key: string | null) => void): () => void;
}

export function memoryStore(entries = new Map<string, string>()): KeyValueStore {
  return {
    get: (key) => entries.get(key) ?? null,
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
    keys: () => [...entries.keys()],
  };
}

/**
 * `localStorage`, or memory where it is forbidden or full (private windows, blocked cookies).
 * A value that did not fit is held in memory, so that the running page still sees it.
 */
export function browserStore(): KeyValueStore {
  let disk: Storage | undefined;
  try {
    disk = globalThis.localStorage;
    disk?.getItem('guichet');
  } catch {
    disk = undefined;
  }
  if (!disk) return memoryStore();
  const storage = disk;
  const overflow = new Map<string, string>();
  return {
    get: (key) => overflow.get(key) ?? storage.getItem(key),
    set: (key, value) => {
      try {
        storage.setItem(key, value);
        overflow.delete(key);
      } catch {
        overflow.set(key, value);
      }
    },
    remove: (key) => {
      overflow.delete(key);
      storage.removeItem(key);
    },
    keys: () => [...new Set([...overflow.keys(), ...Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '')])],
    watch: (listener) => {
      const heard = (event: StorageEvent) => listener(event.key);
      addEventListener('storage', heard);
      return () => removeEventListener('storage', heard);
    },
  };
}

/** Whether the device believes it is connected, and when the page wakes up. */
export interface Network {
  isOnline(): boolean;
  /** `online`, `offline`, and `wake` when the page becomes visible again. */
  listen(heard: (event: 'online' | 'offline' | 'wake') => void): () => void;
}

export function browserNetwork(): Network {
  return {
    isOnline: () => navigator.onLine,
    listen: (heard) => {
      const stop = new AbortController();
      const on = (target: EventTarget, type: string, what: 'online' | 'offline' | 'wake') =>
        target.addEventListener(type, () => (what !== 'wake' || document.visibilityState === 'visible') && heard(what), { signal: stop.signal });
      on(window, 'online', 'online');
      on(window, 'offline', 'offline');
      on(window, 'pageshow', 'wake');
      on(document, 'visibilitychange', 'wake');
      return () => stop.abort();
    },
  };
}

/** Exclusive locks that end with the tab that holds them. */
export interface TabLocks {
  /** Holds `name` until `release` is called or the tab ends. */
  hold(name: string): { release(): void };
  /** Runs `then` once nobody holds `name`; returns how to stop waiting. */
  whenFree(name: string, then: () => void): () => void;
  /** Says, without waiting for anybody, whether nobody holds `name`. */
  ifFree(name: string, then: (free: boolean) => void): void;
}

/**
 * The Web Locks API. Where it is missing (a page without TLS) every other tab counts as gone:
 * two tabs may then send the same message, with the same id, which the server keeps once.
 */
export function browserLocks(): TabLocks {
  const locks = globalThis.navigator?.locks;
  if (!locks) {
    return {
      hold: () => ({ release() {} }),
      whenFree: (_name, then) => {
        const timer = setTimeout(then);
        return () => clearTimeout(timer);
      },
      ifFree: (_name, then) => queueMicrotask(() => then(true)),
    };
  }
  return {
    hold: (name) => {
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      void locks.request(name, () => held);
      return { release };
    },
    whenFree: (name, then) => {
      const stop = new AbortController();
      locks.request(name, { signal: stop.signal }, () => then()).catch((cause: unknown) => {
        if (!stop.signal.aborted) throw cause;
      });
      return () => stop.abort();
    },
    ifFree: (name, then) => void locks.request(name, { ifAvailable: true }, (lock) => then(lock !== null)),
  };
}

/** A random id: a UUID, or as many random digits where a page without TLS lacks `crypto.randomUUID`. */
export function uuid(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
