/** The calls a host page can make. Before the widget has loaded they are queued: `(window.guichet ??= []).push(['open'])`. */
export interface HostApi {
  open(): void;
  close(): void;
  identify(identity: Record<string, unknown>): void;
  /** Returns how to stop listening. */
  on<E extends keyof HostEvents>(event: E, listener: (detail: HostEvents[E]) => void): () => void;
  push(...calls: readonly unknown[]): void;
}

export interface HostEvents {
  /** The panel was opened, closed. */
  open: undefined;
  close: undefined;
  /** How many messages are unread, at each change. */
  unread: number;
  /** A conversation was opened: its request's number. */
  conversation: { number: string };
}

type Listener = (detail: never) => void;

/** Tells the host page what happens; a listener that throws harms only itself. */
export class HostEventTarget {
  readonly #listeners = new Map<keyof HostEvents, Set<Listener>>();

  on<E extends keyof HostEvents>(event: E, listener: (detail: HostEvents[E]) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('guichet.on: the listener is no function');
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  emit<E extends keyof HostEvents>(event: E, detail: HostEvents[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as (detail: HostEvents[E]) => void)(detail);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Puts the API in place of the queue, then makes the queued calls in their order. */
export function installHostApi(methods: Omit<HostApi, 'push'>): HostApi {
  const scope = globalThis as { guichet?: unknown };
  const queued = Array.isArray(scope.guichet) ? (scope.guichet as unknown[]) : [];
  const api: HostApi = {
    ...methods,
    push: (...calls) => {
      for (const call of calls) {
        const [name, ...args] = Array.isArray(call) ? (call as [unknown, ...unknown[]]) : [call];
        const method = typeof name === 'string' && Object.hasOwn(methods, name) ? (methods as Record<string, unknown>)[name] : undefined;
        if (typeof method === 'function') method(...args);
        else console.warn(`guichet: there is no call “${String(name)}”`);
      }
    },
  };
  scope.guichet = api;
  api.push(...queued);
  return api;
}
