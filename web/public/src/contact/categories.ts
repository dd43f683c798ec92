// What a request can be about.
import type { Locale } from '@guichet/ui';
import type { Choice } from '../form.tsx';
import en from '../locales/en.json';
import fr from '../locales/fr.json';

/** The words that every organisation begins with; one that it has switched off is refused at its field. */
const WORDS = ['general', 'technical', 'billing', 'delivery', 'product', 'complaint', 'suggestion'] as const;

export function categories(locale: Locale): Choice[] {
  const texts = locale === 'en' ? en : fr;
  return WORDS.map((value) => ({ value, label: texts[`category.${value}`] }));
}
