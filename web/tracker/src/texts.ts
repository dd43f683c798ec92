// The tracker's texts; a page that shows it joins them to its own.
import { useSpeech, type Speech, type UiKey } from '@guichet/ui';
import en from './locales/en.json';
import fr from './locales/fr.json';

export type TrackerKey = keyof typeof fr;
export type TrackerSpeech = Speech<TrackerKey | UiKey>;

export const trackerCatalogues = { fr, en };

export function useTrackerText(): TrackerSpeech {
  return useSpeech<TrackerKey>();
}
