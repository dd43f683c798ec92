// What the console asks in a dialog, from wherever it was called: a menu, a key, the palette.
import { signal } from '@preact/signals';
import type { ActionName, SupportRequest } from '@guichet/sdk';

export type Asked =
  | { readonly what: 'action'; readonly name: ActionName; readonly request: SupportRequest }
  | { readonly what: 'merge' | 'follow_up' | 'rename' | 'delete' | 'snooze'; readonly request: SupportRequest }
  | { readonly what: 'open_for_somebody' | 'palette' | 'filter' | 'save_view' | 'bulk_close' };

export const asked = signal<Asked | null>(null);

export function ask(question: Asked): void {
  asked.value = question;
}
