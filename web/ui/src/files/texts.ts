// The texts about files, apart from those of the other components: the widget loads them only when it needs them.
import { createTranslator, type Locale, type Text, type Translator } from '../i18n.ts';
import { useSpeech } from '../texts.ts';
import en from './locales/en.json';
import fr from './locales/fr.json';

export type FileKey = keyof typeof fr;

const catalogues: Readonly<Record<Locale, Readonly<Record<FileKey, Text>>>> = { fr, en };
const translators: Partial<Record<Locale, Translator<FileKey>>> = {};

export function fileTexts(locale: Locale): Translator<FileKey> {
  return (translators[locale] ??= createTranslator(locale, catalogues[locale]));
}

/** In the language of the page. */
export function useFileTexts(): Translator<FileKey> {
  return fileTexts(useSpeech().locale);
}
