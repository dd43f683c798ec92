import { set } from '@guichet/sdk';
import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Locale } from '@guichet/ui';

/** What the panel shows. */
export type View = { readonly name: 'home' } | { readonly name: 'ask' } | { readonly name: 'conversation'; readonly id: string };

/** The widget as a piece of the page: open or closed, what is on it, in which language. */
export class Shell {
  readonly locale = signal<Locale>('fr');
  readonly isOpen: ReadonlySignal<boolean> = signal(false);
  readonly view: ReadonlySignal<View> = signal<View>({ name: 'home' });

  constructor() {
  }

  open(): void {
    set(this.isOpen, true);
  }

  close(): void {
    set(this.isOpen, false);
  }

  show(view: View): void {
    set(this.view, view);
  }
}
