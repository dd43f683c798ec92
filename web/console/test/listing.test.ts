// @vitest-environment happy-dom
// The list that an address names.
import { describe, expect, test } from 'vitest';
import type { SavedView } from '@guichet/sdk';
import { sortChoice, sorted } from '../src/inbox/chips.tsx';
import { listingOf } from '../src/inbox/listing.ts';
import { parseRoute } from '../src/route.ts';

const id = '01929b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e';
const saved: SavedView = { id, name: 'Retours', filter: { category: 'returns', status: 'open,assigned' }, sort: 'due_at', order: 'asc', shared: true, position: 1, owner_id: 'x' };
const of = (path: string, search: string, views: readonly SavedView[] | null) => listingOf(parseRoute(path, search), views, (view) => `view ${view}`);

describe('a listing', () => {
  test('of_a_usual_view_is_that_view_until_it_is_narrowed', () => {
    expect(of('/console/open', '', [])).toMatchObject({ key: 'open', name: 'view open', refined: false, gone: false });
    const narrowed = of('/console/mine', '?priority=urgent', []);
    expect(narrowed).toMatchObject({ key: 'mine?priority=urgent', refined: true });
    expect(narrowed.query).toMatchObject({ assignee: 'me', priority: ['urgent'] });
  });

  test('of_a_saved_view_waits_until_that_is_known_and_says_when_it_is_gone', () => {
    expect(of(`/console/${id}`, '', null)).toMatchObject({ key: null, gone: false });
    expect(of(`/console/${id}`, '', [])).toMatchObject({ key: null, gone: true });
    expect(of(`/console/${id}`, '', [saved])).toMatchObject({ key: id, name: 'Retours', query: { category: 'returns', status: ['open', 'assigned'], sort: 'due_at', order: 'asc' } });
  });

  test('what_narrows_a_saved_view_comes_on_top_and_the_usual_order_can_be_had_of_it', () => {
    const { base } = of(`/console/${id}`, '', [saved]);
    expect(sortChoice(base)).toBe('due');
    const latest = sorted({ tag: 'vip' }, 'latest', base);
    const listing = of(`/console/${id}`, `?${latest}`, [saved]);
    expect(listing.query).toMatchObject({ category: 'returns', tag: 'vip', sort: 'updated_at', order: 'desc' });
    expect(sortChoice(listing.query)).toBe('latest');
  });
});
