import { describe, expect, test } from 'vitest';
import { createTranslator } from '../src/i18n.ts';
import en from '../src/locales/en.json';
import fr from '../src/locales/fr.json';
import { age, stamp } from '../src/short-time.ts';
import { createTimeFormat } from '../src/time.ts';

const french = createTimeFormat(createTranslator('fr', fr), { timeZone: 'Europe/Paris' });
const british = createTimeFormat(createTranslator('en', en), { timeZone: 'Europe/Paris', tag: 'en-GB' });
const at = (text: string) => Date.parse(text);
const now = at('2026-11-20T10:30:00+01:00');
/** Tests read better with plain spaces than with the ones that do not break. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('age in a list', () => {
  test.each([
    ['2026-11-20T10:29:30+01:00', 'à l’instant', 'just now'],
    ['2026-11-20T10:26:00+01:00', '4 min', '4 min'],
    ['2026-11-20T07:15:00+01:00', '3 h', '3 h'],
    ['2026-11-19T23:00:00+01:00', 'hier', 'yesterday'],
    ['2026-11-19T08:00:00+01:00', 'hier', 'yesterday'],
    ['2026-11-17T08:00:00+01:00', '17 nov.', '17 Nov'],
    ['2025-11-17T08:00:00+01:00', '17 nov. 2025', '17 Nov 2025'],
  ])('%s_is_%s', (moment, inFrench, inEnglish) => {
    expect(plain(age(french, moment, now))).toBe(inFrench);
    expect(plain(age(british, moment, now))).toBe(inEnglish);
  });

  test('minutes_across_midnight_stay_minutes', () => {
    expect(plain(age(french, '2026-11-19T23:50:00+01:00', at('2026-11-20T00:10:00+01:00')))).toBe('20 min');
  });

  test('a_server_whose_clock_runs_ahead_says_now_and_not_the_future', () => {
    expect(age(french, '2026-11-20T10:30:40+01:00', now)).toBe('à l’instant');
  });
});

describe('in a sentence', () => {
  test.each([
    ['2026-11-20T10:26:00+01:00', 'il y a 4 min', '4 min ago'],
    ['2026-11-20T10:29:59+01:00', 'à l’instant', 'just now'],
    ['2026-11-19T09:12:00+01:00', 'hier à 9:12', 'yesterday at 9:12'],
    ['2026-11-02T09:12:00+01:00', '2 nov. à 9:12', '2 Nov at 9:12'],
  ])('%s_is_%s', (moment, inFrench, inEnglish) => {
    expect(plain(french.ago(moment, now))).toBe(inFrench);
    expect(plain(british.ago(moment, now))).toBe(inEnglish);
  });
});

describe('days', () => {
  test('headings_say_today_yesterday_then_the_date_with_a_capital', () => {
    expect(french.heading('2026-11-20T00:00:01+01:00', now)).toBe('Aujourd’hui');
    expect(french.heading('2026-11-19T23:59:59+01:00', now)).toBe('Hier');
    expect(french.heading('2026-11-18T12:00:00+01:00', now)).toBe('Mercredi 18 novembre');
    // Whether a comma follows the weekday is a matter of the browser's language data.
    expect(british.heading('2025-11-18T12:00:00+01:00', now)).toMatch(/^Tuesday,? 18 November 2025$/);
  });

  test('a_day_is_the_readers_day_not_the_servers', () => {
    // 23:30 UTC on the 19th is the 20th in Paris.
    expect(french.heading('2026-11-19T23:30:00Z', now)).toBe('Aujourd’hui');
  });

  test('day_numbers_grow_by_one_over_the_change_of_the_clocks', () => {
    const days = ['2026-10-24', '2026-10-25', '2026-10-26'].map((day) => french.dayNumber(`${day}T12:00:00+01:00`));
    expect(days.map((day) => day - (days[0] ?? 0))).toEqual([0, 1, 2]);
  });
});

describe('clock and stamp', () => {
  test('the_hour_has_no_leading_zero', () => {
    expect(french.clock('2026-11-20T09:05:00+01:00')).toBe('9:05');
    expect(french.clock('2026-11-20T00:05:00+01:00')).toBe('0:05');
  });

  test('a_stamp_is_short_today_and_names_the_day_before', () => {
    expect(stamp(french, '2026-11-20T09:12:00+01:00', now)).toBe('9:12');
    expect(plain(stamp(french, '2026-11-18T16:51:00+01:00', now))).toBe('mer. 16:51');
    expect(plain(stamp(french, '2026-11-21T16:51:00+01:00', now))).toBe('sam. 16:51');
    expect(plain(stamp(french, '2026-11-02T16:51:00+01:00', now))).toBe('2 nov. 16:51');
  });
});

describe('duration', () => {
  const minute = 60_000;
  test.each([
    [-5 * minute, 'moins d’1 min'],
    [59_999, 'moins d’1 min'],
    [9 * minute, '9 min'],
    [60 * minute, '1 h'],
    [84 * minute, '1 h 24'],
    [125 * minute, '2 h 05'],
    [47 * 60 * minute, '47 h'],
    [48 * 60 * minute, '2 j'],
  ])('%i_ms_is_%s', (length, words) => {
    expect(plain(french.duration(length))).toBe(words);
  });
});
