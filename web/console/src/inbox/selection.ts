// The requests that are marked for one change to all of them.
import { signal, type ReadonlySignal } from '@preact/signals';

export class Selection {
  readonly ids: ReadonlySignal<ReadonlySet<string>>;
  /** Whether rows offer to be marked although none is yet: where there is no pointer to show it by. */
  readonly offered: ReadonlySignal<boolean>;
  readonly #ids = signal<ReadonlySet<string>>(new Set());
  readonly #offered = signal(false);
  /** The one marked last: where a stretch begins. */
  #anchor: string | null = null;

  constructor() {
    this.ids = this.#ids;
    this.offered = this.#offered;
  }

  offer(): void {
    this.#offered.value = true;
  }

  toggle(id: string): void {
    const ids = new Set(this.#ids.value);
    if (!ids.delete(id)) ids.add(id);
    this.#ids.value = ids;
    this.#anchor = id;
  }

  /** Marks everything from the one marked last to `id`, in the order of the list. */
  extendTo(id: string, order: readonly string[]): void {
    const from = order.indexOf(this.#anchor ?? '');
    const to = order.indexOf(id);
    if (from === -1 || to === -1) return this.toggle(id);
    this.#ids.value = new Set([...this.#ids.value, ...order.slice(Math.min(from, to), Math.max(from, to) + 1)]);
  }

  /** Those that stay when the others have left the list. */
  keep(order: readonly string[]): void {
    const kept = order.filter((id) => this.#ids.value.has(id));
    if (kept.length !== this.#ids.value.size) this.#ids.value = new Set(kept);
  }

  /** Answers whether there was anything to put down. */
  clear(): boolean {
    const was = this.#ids.value.size > 0 || this.#offered.value;
    this.#ids.value = new Set();
    this.#offered.value = false;
    this.#anchor = null;
    return was;
  }
}
