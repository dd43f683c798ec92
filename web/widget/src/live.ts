import { effect, type ReadonlySignal } from '@preact/signals-core';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

/** The value of a signal; the component is drawn again when it changes. */
export function useLive<T>(source: ReadonlySignal<T>): T {
  const [, draw] = useState<unknown>(source.peek());
  useLayoutEffect(() => source.subscribe((value) => draw(() => value)), [source]);
  return source.peek();
}

/** Runs while the component is shown, and again when a signal that it read changes. */
export function useLiveEffect(run: () => void, dependencies: readonly unknown[]): void {
  useEffect(() => effect(run), dependencies as unknown[]);
}
