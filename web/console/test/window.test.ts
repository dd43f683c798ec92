import { describe, expect, test } from 'vitest';
import { heldScroll, windowOf } from '../src/inbox/window.ts';

describe('window', () => {
  test('draws_what_is_seen_and_a_little_more', () => {
    expect(windowOf(0, 850, 85, 1_000)).toEqual({ first: 0, end: 16 });
    expect(windowOf(8_500, 850, 85, 1_000)).toEqual({ first: 94, end: 116 });
  });

  test('never_reaches_beyond_the_rows', () => {
    expect(windowOf(0, 850, 85, 3)).toEqual({ first: 0, end: 3 });
    expect(windowOf(99_999, 850, 85, 3)).toEqual({ first: 3, end: 3 });
    expect(windowOf(0, 0, 85, 0)).toEqual({ first: 0, end: 0 });
  });
});

describe('held scroll', () => {
  const before = ['a', 'b', 'c', 'd', 'e'];

  test('a_row_that_comes_in_above_pushes_the_scroll_along', () => {
    expect(heldScroll(before, ['new', ...before], 190, 85)).toBe(275);
  });

  test('a_row_that_jumps_from_below_to_the_top_does_too', () => {
    expect(heldScroll(before, ['e', 'a', 'b', 'c', 'd'], 190, 85)).toBe(275);
  });

  test('at_the_top_the_newest_is_shown', () => {
    expect(heldScroll(before, ['new', ...before], 0, 85)).toBe(0);
  });

  test('changes_below_move_nothing', () => {
    expect(heldScroll(before, ['a', 'b', 'c', 'e', 'd'], 100, 85)).toBe(100);
  });

  test('when_the_row_at_the_top_goes_the_next_one_is_held', () => {
    expect(heldScroll(before, ['a', 'b', 'd', 'e'], 190, 85)).toBe(105);
  });

  test('when_nothing_below_is_left_the_scroll_is_left_to_the_browser', () => {
    expect(heldScroll(before, ['a'], 190, 85)).toBe(190);
  });
});
