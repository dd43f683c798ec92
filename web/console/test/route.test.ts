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

  test('a_narrowed_view_keeps_what_narrows_it_and_nothing_else_of_the_address', () => {
    const route = parseRoute('/console/open', '?organization=demo&priority=urgent,high&utm=x');
    expect(route).toEqual({ view: 'open', number: null, details: false, refine: 'priority=high%2Curgent' });
    expect(hrefOf(route)).toBe('/console/open?priority=high%2Curgent');
  });

  test('a_saved_view_is_known_by_its_id', () => {
    const view = '01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e';
    expect(parseRoute(`/console/${view}/TICKET-1`)).toEqual({ view, number: 'TICKET-1', details: false });
  });

  test.each([
    ['/console/settings', 'index'],
    ['/console/settings/hours', 'hours'],
    ['/console/settings/nothing', 'index'],
  ])('%s_shows_the_settings', (path, settings) => {
    expect(parseRoute(path).settings).toBe(settings);
  });
});
