// Lists in other orders than the latest activity, and lists that are narrowed.
import { describe, expect, test } from 'vitest';
import type { SupportRequest } from '@guichet/sdk';
import { holds, type Query } from '../src/inbox/filter.ts';
import { compare, keyOf } from '../src/inbox/order.ts';
import { RequestPool } from '../src/inbox/pool.ts';
import { aRequest, iso, me, seeded } from './support-requests.ts';

const priorities = ['low', 'normal', 'high', 'urgent'] as const;

function some(count: number, seed: number): SupportRequest[] {
  const below = seeded(seed);
  return Array.from({ length: count }, (_, index) =>
    aRequest({
      id: `r${String(index).padStart(3, '0')}`,
      number: `TICKET-202611${10 + below(20)}-${String(index).padStart(3, '0')}`,
      priority: priorities[below(4)]!,
      created_at: iso(below(50)),
      updated_at: iso(50 + below(50)),
      sla: { first_response_due_at: null, resolution_due_at: below(3) === 0 ? null : iso(below(100)), first_response_breached: false, resolution_breached: false },
    }),
  );
}

/** As a database sorts, with what has no deadline at the end it likes. */
function asServer(requests: readonly SupportRequest[], query: Query, none: number): SupportRequest[] {
  const place = (request: SupportRequest) => ({ key: keyOf(query.sort, request, none), id: request.id });
  return requests.filter((request) => holds(query, request, me, Date.parse(iso(200)))).sort((a, b) => compare(place(a), place(b), query.order));
}

const pageOf = (all: readonly SupportRequest[], page: number, limit = 10) => ({ items: all.slice((page - 1) * limit, page * limit), page, limit, total: all.length });

describe('a list in another order', () => {
  for (const sort of ['created_at', 'priority', 'due_at', 'number'] as const) {
    for (const order of ['asc', 'desc'] as const) {
      for (const none of [Infinity, -Infinity]) {
        test(`by_${sort}_${order}_with_missing_deadlines_at_${none}_shows_page_after_page_what_the_server_would`, () => {
          for (let seed = 0; seed < 20; seed += 1) {
            const query = { sort, order };
            const all = some(37, seed);
            const server = asServer(all, query, none);
            const pool = new RequestPool(me);
            pool.define('list', query);
            // Known from elsewhere: they must not show where pages are still missing.
            for (const request of all.slice(0, 15)) pool.take(request, false);
            for (let page = 1; page <= 4; page += 1) {
              pool.takePage('list', pageOf(server, page));
              expect(pool.rows('list').map(({ id }) => id), `seed ${seed}, page ${page}`).toEqual(server.slice(0, page * 10).map(({ id }) => id));
            }
            expect(pool.count('list')).toBe(37);
          }
        });
      }
    }
  }
});

describe('a narrowed list', () => {
  test('takes_in_and_lets_go_what_changes_live', () => {
    const pool = new RequestPool(me);
    pool.define('high', { priority: ['high'] });
    pool.takePage('high', pageOf([], 1));
    pool.take(aRequest({ id: 'a', priority: 'high' }), true);
    expect(pool.rows('high')).toHaveLength(1);
    pool.take(aRequest({ id: 'a', priority: 'low', version: 2 }), true);
    expect(pool.rows('high')).toHaveLength(0);
  });

  test('is_loaded_anew_once_it_is_defined_otherwise_and_only_then', () => {
    const pool = new RequestPool(me);
    pool.define('view', { tag: 'a' });
    pool.takePage('view', pageOf([], 1));
    pool.define('view', { tag: 'a' });
    expect(pool.isLoaded('view')).toBe(true);
    pool.define('view', { tag: 'b' });
    expect(pool.isLoaded('view')).toBe(false);
  });

  test('a_search_shows_what_the_server_found_in_its_order', () => {
    const pool = new RequestPool(me);
    pool.define('search', { q: 'embrayage' });
    const [a, b, c] = [aRequest({ id: 'a' }), aRequest({ id: 'b' }), aRequest({ id: 'c' })];
    pool.takePage('search', { items: [c, a], page: 1, limit: 2, total: 3 });
    pool.takePage('search', { items: [b], page: 2, limit: 2, total: 3 });
    expect(pool.rows('search').map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  });

  test('a_dropped_request_is_gone_and_counted_no_more', () => {
    const pool = new RequestPool(me);
    const all = some(25, 1);
    pool.takePage('open', pageOf(asServer(all, {}, Infinity), 1));
    expect(pool.count('open')).toBe(25);
    const gone = pool.rows('open')[0]!.id;
    expect(pool.drop(gone)).toBe(true);
    expect(pool.drop(gone)).toBe(false);
    expect(pool.rows('open').some(({ id }) => id === gone)).toBe(false);
    expect(pool.count('open')).toBe(24);
  });
});
