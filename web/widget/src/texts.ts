import { createSpeech, useSpeech, type Locale, type Speech, type Text, type UiKey } from '@guichet/ui';
import en from './locales/en.json';
import fr from './locales/fr.json';

export type WidgetKey = keyof typeof fr;

const catalogues: Readonly<Record<Locale, Readonly<Record<WidgetKey, Text>>>> = { fr, en };

export function widgetSpeech(locale: Locale): Speech<WidgetKey | UiKey> {
  return createSpeech<WidgetKey>(locale, catalogues, navigator.languages);
}

export const useTexts = () => useSpeech<WidgetKey>();
