import { describe, expect, test } from 'vitest';
import { RequestPool } from '../src/inbox/pool.ts';
import { views } from '../src/inbox/views.ts';
import { me, Truth } from './support-requests.ts';

const mine = { assignee: { id: me, name: 'Moi' }, status: 'in_progress' } as const;

function withOpen(count: number): Truth {
  const truth = new Truth();
  for (let index = 0; index < count; index += 1) truth.open(`r${String(index).padStart(2, '0')}`);
  return truth;
}
const page = (truth: Truth, number: number) => truth.list({ ...views.open.query, page: number, limit: 10 });
const ids = (pool: RequestPool) => pool.rows('open').map(({ id }) => id);

describe('a view that is loaded in part', () => {
  test('shows_nothing_below_what_is_loaded_so_that_no_row_is_missing_in_between', () => {
    const truth = withOpen(25);
    const pool = new RequestPool(me);
    pool.takePage('open', page(truth, 1));
    // Known from elsewhere, but older than the last one loaded.
    pool.take(truth.requests.get('r00')!, false);
    expect(ids(pool)).toEqual(page(truth, 1).items.map(({ id }) => id));
    pool.takePage('open', page(truth, 2));
    pool.takePage('open', page(truth, 3));
    expect(ids(pool)).toHaveLength(25);
    expect(ids(pool).at(-1)).toBe('r00');
  });

  test('takes_an_old_request_to_the_top_when_something_happens_to_it', () => {
    const truth = withOpen(25);
    const pool = new RequestPool(me);
    pool.takePage('open', page(truth, 1));
    truth.message('r00', 'customer');
    pool.take(truth.requests.get('r00')!, true);
    expect(ids(pool)[0]).toBe('r00');
    expect(ids(pool)).toHaveLength(11);
  });

  test('is_counted_by_the_server_and_corrected_by_what_is_seen', () => {
    const truth = withOpen(25);
    const pool = new RequestPool(me);
    expect(pool.count('open')).toBeNull();
    pool.takePage('open', page(truth, 1));
    expect(pool.count('open')).toBe(25);
    truth.change('r24', { status: 'resolved' });
    expect(pool.take(truth.requests.get('r24')!, true)).toEqual({ changed: true, uncertain: false });
    expect(pool.count('open')).toBe(24);
    pool.takeTotal('open', 30);
    expect(pool.count('open')).toBe(30);
  });

  test('a_change_of_an_unknown_request_makes_the_counts_uncertain_but_a_fetched_one_does_not', () => {
    const truth = withOpen(25);
    const pool = new RequestPool(me);
    pool.takePage('open', page(truth, 1));
    truth.change('r00', mine);
    expect(pool.take(truth.requests.get('r00')!, true).uncertain).toBe(true);
    expect(pool.take(truth.requests.get('r01')!, false).uncertain).toBe(false);
  });
});

describe('a view that is loaded whole', () => {
  test('counts_its_rows', () => {
    const truth = withOpen(3);
    const pool = new RequestPool(me);
    pool.takePage('open', page(truth, 1));
    truth.open('new');
    pool.take(truth.requests.get('new')!, true);
    expect(pool.count('open')).toBe(4);
    expect(pool.isComplete('open')).toBe(true);
  });

  test('an_empty_view_is_loaded_and_fills_by_frames', () => {
    const truth = new Truth();
    const pool = new RequestPool(me);
    pool.takePage('open', page(truth, 1));
    expect(pool.isLoaded('open')).toBe(true);
    truth.open('first');
    pool.take(truth.requests.get('first')!, true);
    expect(ids(pool)).toEqual(['first']);
  });
});

describe('unread', () => {
  test('counts_requests_of_mine_and_of_nobody_but_not_a_colleagues', () => {
    const truth = new Truth();
    truth.open('mine', mine);
    truth.open('nobodys');
    truth.open('colleagues', { assignee: { id: 'other', name: 'Thomas' }, status: 'assigned' });
    const pool = new RequestPool(me);
    for (const id of truth.requests.keys()) {
      truth.message(id, 'customer');
      truth.message(id, 'customer');
      pool.take(truth.requests.get(id)!, true);
    }
    expect(pool.unread()).toBe(2);
  });

  test('what_was_read_stays_read_when_an_older_answer_comes_late', () => {
    const truth = new Truth();
    truth.open('a', mine);
    truth.message('a', 'customer');
    const late = truth.requests.get('a')!;
    const pool = new RequestPool(me);
    pool.take(late, true);
    expect(pool.markRead('a', 1)).toBe(true);
    pool.take({ ...late }, true);
    expect(pool.unread()).toBe(0);
    truth.message('a', 'customer');
    pool.take({ ...truth.requests.get('a')!, unread_count: 1 }, true);
    expect(pool.unread()).toBe(1);
  });

  test('reading_up_to_an_older_message_does_not_hide_the_newer_one', () => {
    const truth = new Truth();
    truth.open('a', mine);
    truth.message('a', 'customer');
    truth.message('a', 'customer');
    const pool = new RequestPool(me);
    pool.take(truth.requests.get('a')!, true);
    expect(pool.markRead('a', 1)).toBe(false);
    expect(pool.unread()).toBe(1);
  });
});
