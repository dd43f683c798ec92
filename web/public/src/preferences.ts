// The language a reader chose for this device.
import { effect, signal } from '@preact/signals';
import { browserStore } from '@guichet/sdk';
import { chooseLocale, type Locale } from '@guichet/ui';

const KEY = 'guichet.pages.locale';
const store = browserStore();

export const locale = signal<Locale>(chooseLocale([store.get(KEY), ...navigator.languages]));

/** What was never chosen is not written down: the browser's own wish still counts later. */
export function chooseLanguage(choice: Locale): void {
  store.set(KEY, choice);
  locale.value = choice;
}

effect(() => {
  document.documentElement.lang = locale.value;
});
