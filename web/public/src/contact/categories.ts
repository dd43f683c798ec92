// What a request can be about.
import { signal } from '@preact/signals';
import { ApiError, RequesterApi, type OfferedCategory } from '@guichet/sdk';
import type { Locale } from '@guichet/ui';
import type { Choice } from '../form.tsx';
import en from '../locales/en.json';
import fr from '../locales/fr.json';
import { nobody, organization } from '../organization.ts';

/** The words that every organisation begins with. */
const WORDS = ['general', 'technical', 'billing', 'delivery', 'product', 'complaint', 'suggestion'] as const;

/** Null until the organisation's own list has come; a word that it does not have is refused at its field. */
const offered = signal<readonly OfferedCategory[] | null>(null);

void new RequesterApi(nobody, organization).categories().then(
  (list) => (offered.value = list),
  (error: unknown) => {
    // The form works with the words that it knows.
    if (!(error instanceof ApiError)) throw error;
  },
);

export function categories(locale: Locale): Choice[] {
  if (offered.value !== null) return offered.value.map(({ id, names }) => ({ value: id, label: names[locale] }));
  const texts = locale === 'en' ? en : fr;
  return WORDS.map((value) => ({ value, label: texts[`category.${value}`] }));
}
