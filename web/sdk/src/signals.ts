import type { ReadonlySignal, Signal } from '@preact/signals-core';

/** Writes a signal that others may only read: for the object that owns it. */
export function set<T>(signal: ReadonlySignal<T>, value: T): void {
  (signal as Signal<T>).value = value;
}
