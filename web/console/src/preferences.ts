// What a reader sets for this device: language, theme, and how the page behaves.
import { effect, signal, type Signal } from '@preact/signals';
import { browserStore } from '@guichet/sdk';
import { chooseLocale, type Locale } from '@guichet/ui';

export type Theme = 'system' | 'light' | 'dark';

const store = browserStore();

/** A setting kept on the device; `read` turns what was kept, or nothing, into a value. */
function kept<Value extends string>(key: string, read: (word: string | null) => Value): Signal<Value> {
  const name = `guichet.console.${key}`;
  const setting = signal(read(store.get(name)));
  let first = true;
  effect(() => {
    const value = setting.value;
    // What was never chosen is not written down: a later default still reaches this reader.
    if (!first) store.set(name, value);
    first = false;
  });
  store.watch?.((changed) => {
    if (changed === name) setting.value = read(store.get(name));
  });
  return setting;
}

const oneOf =
  <Value extends string>(values: readonly Value[], otherwise: Value) =>
  (word: string | null): Value =>
    values.find((value) => value === word) ?? otherwise;

export const locale = kept<Locale>('locale', (word) => chooseLocale([word, ...navigator.languages]));
export const theme = kept<Theme>('theme', oneOf(['system', 'light', 'dark'], 'system'));
/** Whether details stand beside the conversation on a wide screen. */
export const detailsBeside = kept('details', oneOf(['shown', 'hidden'], 'shown'));
/** Keys of one character can be switched off: speech input types them by accident. */
export const singleKeys = kept('single_keys', oneOf(['on', 'off'], 'on'));
/** The organisation of the last sign-in. */
export const lastOrganization = kept('organization', (word) => word ?? '');

/** Shows the chosen language and theme on the document. */
export function applyToDocument(): void {
  effect(() => {
    document.documentElement.lang = locale.value;
  });
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme.value;
  });
}
