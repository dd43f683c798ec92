// The texts of the customers' pages, in the reader's language.
import { useSpeech, type Speech, type UiKey } from '@guichet/ui';
import { trackerCatalogues, type TrackerKey } from '@guichet/tracker';
import en from './locales/en.json';
import fr from './locales/fr.json';

export type PageKey = keyof typeof fr;
export type PageSpeech = Speech<PageKey | TrackerKey | UiKey>;

export const catalogues = { fr: { ...trackerCatalogues.fr, ...fr }, en: { ...trackerCatalogues.en, ...en } };

export function useText(): PageSpeech {
  return useSpeech<PageKey | TrackerKey>();
}
