import type { TabLocks } from '../../src/env.ts';

/** Locks of several tabs in one process. */
export class FakeLocks implements TabLocks {
  readonly #held = new Set<string>();
  readonly #waiting: { name: string; then: () => void }[] = [];

  hold(name: string): { release(): void } {
    this.#held.add(name);
    return {
      release: () => {
        this.#held.delete(name);
        for (const wait of this.#waiting.filter((waiting) => waiting.name === name)) {
          this.#waiting.splice(this.#waiting.indexOf(wait), 1);
          wait.then();
        }
      },
    };
  }

  ifFree(name: string, then: (free: boolean) => void): void {
    queueMicrotask(() => then(!this.#held.has(name)));
  }

  whenFree(name: string, then: () => void): () => void {
    const wait = { name, then };
    if (this.#held.has(name)) this.#waiting.push(wait);
    else queueMicrotask(then);
    return () => {
      const index = this.#waiting.indexOf(wait);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }
}
