// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { decoded, takeFragment } from '../src/address.ts';

beforeEach(() => history.replaceState(null, '', '/r/TICKET-20261116-007?organization=demo'));

test('a_token_is_taken_out_of_the_address_and_of_the_history', () => {
  const entries = history.length;
  history.replaceState(null, '', `${location.pathname}${location.search}#gst_a%2Bb`);
  expect(takeFragment()).toBe('gst_a+b');
  expect(location.href).toMatch(/\/r\/TICKET-20261116-007\?organization=demo$/);
  expect(history.length).toBe(entries);
  expect(takeFragment()).toBe('');
});

test('an_address_that_was_cut_off_is_read_as_it_is', () => {
  expect(decoded('gst_a%2')).toBe('gst_a%2');
});
