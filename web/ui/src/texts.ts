// The texts of the shared components, and the way components reach texts and times.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import en from './locales/en.json';
import fr from './locales/fr.json';
import { createTranslator, type Locale, type Text, type Translator } from './i18n.ts';
import { createTimeFormat, type TimeFormat } from './time.ts';

export type UiKey = keyof typeof fr;

const catalogues: Readonly<Record<Locale, Readonly<Record<UiKey, Text>>>> = { fr, en };

/** What a component needs to speak: texts and times in the reader's language. */
export interface Speech<Key extends string = UiKey> extends Translator<Key> {
  readonly time: TimeFormat;
}

/**
 * Joins a page's own catalogues to those of the shared components.
 * `tags` are the reader's preferences (`navigator.languages`): the first of the chosen language
 * decides how dates are written, so that `en-GB` reads a 24-hour clock.
 */
export function createSpeech<Key extends string>(
  locale: Locale,
  own: Readonly<Record<Locale, Readonly<Record<Key, Text>>>>,
  tags: readonly string[] = [],
): Speech<Key | UiKey> {
  const text = createTranslator<Key | UiKey>(locale, { ...catalogues[locale], ...own[locale] });
  const tag = tags.find((candidate) => candidate.toLowerCase().startsWith(`${locale}-`));
  return { ...text, time: createTimeFormat(text, tag === undefined ? {} : { tag }) };
}

/** Provided once at the root of a page; the components below read it. */
export const SpeechContext = createContext<Speech<string>>(createSpeech('fr', { fr: {}, en: {} }) as Speech<string>);

/** The page's texts; a page names its own keys: `useSpeech<ConsoleKey>()`. */
export function useSpeech<Key extends string = never>(): Speech<Key | UiKey> {
  return useContext(SpeechContext) as Speech<Key | UiKey>;
}
