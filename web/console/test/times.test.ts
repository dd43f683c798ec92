// @vitest-environment happy-dom
// Times that people choose: until when a request sleeps, how long an answer may take.
import { describe, expect, test } from 'vitest';
import { localInput, snoozeChoices } from '../src/dialogs/snooze.tsx';
import { minutesOf, spanText } from '../src/settings/deadlines.tsx';

describe('snooze', () => {
  const choices = (at: Date) => snoozeChoices(at).map(({ choice, until }) => `${choice} ${localInput(until)}`);
  test('offers_only_what_lies_ahead', () => {
    expect(choices(new Date(2026, 10, 18, 9, 2))).toEqual(['in_an_hour 2026-11-18T10:05', 'this_afternoon 2026-11-18T14:00', 'tomorrow 2026-11-19T09:00', 'next_week 2026-11-23T09:00']);
    expect(choices(new Date(2026, 10, 18, 13, 30))).not.toContain('this_afternoon 2026-11-18T14:00');
  });
  test('says_next_week_once_on_a_sunday_and_means_the_next_one_on_a_monday', () => {
    expect(choices(new Date(2026, 10, 22, 15))).toEqual(['in_an_hour 2026-11-22T16:00', 'tomorrow 2026-11-23T09:00']);
    expect(choices(new Date(2026, 10, 23, 15)).at(-1)).toBe('next_week 2026-11-30T09:00');
  });
  test('every_choice_is_later_than_now_at_any_hour_of_any_day', () => {
    for (let hour = 0; hour < 24 * 14; hour += 1) {
      const now = new Date(2026, 2, 23, hour, 37);
      for (const { until } of snoozeChoices(now)) expect(until.getTime()).toBeGreaterThan(now.getTime());
    }
  });
});

describe('a span', () => {
  test.each([['45 min', 45], ['1 h 30', 90], ['1h30', 90], ['2 j', 2880], ['2 d 1 h', 2940], ['90', 90], ['24 h', 1440], ['1 h 5 min', 65]] as const)('%s_is_%i_minutes', (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes);
  });
  test.each(['', '0', '0 h', 'demain', '-5', '1 h 30 h', '1,5 h'])('%j_is_none', (text) => expect(minutesOf(text)).toBeNull());
  test('is_read_back_as_it_was_written', () => {
    for (let minutes = 1; minutes < 6_000; minutes += 7) expect(minutesOf(spanText(minutes))).toBe(minutes);
  });
});
