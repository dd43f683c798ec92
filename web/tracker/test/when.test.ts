import { expect, test } from 'vitest';
import { createSpeech } from '@guichet/ui';
import { trackerCatalogues, type TrackerKey } from '../src/texts.ts';
import { when } from '../src/when.ts';

test('a_time_is_as_short_as_its_distance_allows', () => {
  const { time } = createSpeech<TrackerKey>('fr', trackerCatalogues);
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 5).getTime();
  expect(when(time, at(18, 9), at(18, 15))).toBe('9:05');
  expect(when(time, at(16, 18), at(18, 15))).toBe('lundi 16, 18:05');
  expect(when(time, at(20, 18), at(18, 15))).toBe('vendredi 20, 18:05');
  expect(when(time, at(2, 18), at(18, 15))).toBe('2 nov., 18:05');
});
