import { signal } from '@preact/signals-core';
import kit from 'virtual:kit';
import type { Files } from './files/main.tsx';
import type { Line } from './visitor/line.ts';

/** What sends and shows files: a second file, null until it is needed and there. */
export const files = signal<Files | null>(null);

let loading: Promise<Files> | undefined;

/** Loads the second file, from where this one came; tried again until it is there. */
export function needFiles(): Promise<Files> {
  return (loading ??= new Promise((resolve) => load(resolve, '')));
}

function load(resolve: (second: Files) => void, again: string): void {
  import(/* @vite-ignore */ './widget-files.js' + again).then(
    ({ default: second }) => resolve((files.value = second(kit))),
    // What a browser failed to load it may not load again under the same address.
    () => setTimeout(load, 5e3, resolve, again + '?'),
  );
}

/** Adds files to the next message of a conversation. */
export function attach(line: Line, given: Iterable<File>): void {
  // The browser forgets them once the event is over.
  const files = [...given];
  void needFiles().then((second) => second.attach(line, files));
}
