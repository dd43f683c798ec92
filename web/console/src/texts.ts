// The console's texts, in the reader's language.
import { useSpeech, type Speech, type UiKey } from '@guichet/ui';
import en from './locales/en.json';
import fr from './locales/fr.json';

export type ConsoleKey = keyof typeof fr;
export type ConsoleSpeech = Speech<ConsoleKey | UiKey>;

export const catalogues = { fr, en };

export function useText(): ConsoleSpeech {
  return useSpeech<ConsoleKey>();
}
