// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { hrefOf, parseRoute } from '../src/route.ts';

describe('route', () => {
  test.each([
    ['/console/', { view: 'mine', number: null, details: false }],
    ['/console/unassigned', { view: 'unassigned', number: null, details: false }],
    ['/console/open/TICKET-20261118-014', { view: 'open', number: 'TICKET-20261118-014', details: false }],
    ['/console/open/TICKET-20261118-014/details', { view: 'open', number: 'TICKET-20261118-014', details: true }],
  ] as const)('%s_is_read_and_written_the_same', (path, route) => {
    expect(parseRoute(path)).toEqual(route);
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  test('an_unknown_view_or_a_broken_escape_leads_to_the_inbox', () => {
    expect(parseRoute('/console/nowhere/X-1')).toEqual({ view: 'mine', number: null, details: false });
    expect(parseRoute('/console/mine/%E0%A4%A')).toMatchObject({ view: 'mine', number: '%E0%A4%A' });
  });

  test('a_number_with_a_slash_stays_one_number', () => {
    const route = { view: 'mine', number: 'A/B', details: false } as const;
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });
});
