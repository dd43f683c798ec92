// The sync law: whatever order lists and frames arrive in, how often, and where they overlap, the
// page ends with what a fresh fetch would show.
import { describe, expect, test } from 'vitest';
import type { SupportRequest } from '@guichet/sdk';
import { merge } from '../src/inbox/merge.ts';
import { RequestPool } from '../src/inbox/pool.ts';
import { viewIds, views } from '../src/inbox/views.ts';
import { me, seeded, Truth } from './support-requests.ts';

function shuffled<Item>(items: readonly Item[], below: (bound: number) => number): Item[] {
  const order = [...items];
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = below(index + 1);
    [order[index], order[other]] = [order[other]!, order[index]!];
  }
  return order;
}

/** Changes as people make them: opening, answering, assigning, resolving, reopening. */
function live(truth: Truth, steps: number, below: (bound: number) => number): void {
  for (let step = 0; step < steps; step += 1) {
    const ids = [...truth.requests.keys()];
    const id = ids[below(ids.length)];
    const what = below(7);
    if (id === undefined || what === 0) truth.open(`r${ids.length}`);
    else if (what === 1) truth.message(id, 'customer');
    else if (what === 2) truth.message(id, 'agent');
    else if (what === 3) truth.change(id, { assignee: below(2) ? { id: me, name: 'Moi' } : { id: 'other', name: 'Autre' }, status: 'assigned' });
    else if (what === 4) truth.change(id, { assignee: null, status: 'open' });
    else if (what === 5) truth.change(id, { status: below(2) ? 'resolved' : 'closed' });
    else truth.read(id);
  }
}

/** What a pool shows of a view that is completely loaded, and what the server would. */
function shown(pool: RequestPool): Record<string, SupportRequest[]> {
  return Object.fromEntries(viewIds.map((view) => [view, pool.rows(view)]));
}
function fresh(truth: Truth): Record<string, SupportRequest[]> {
  return Object.fromEntries(viewIds.map((view) => [view, truth.list({ ...views[view].query, limit: 1_000 }).items]));
}

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

describe('merge', () => {
  test('neither_order_nor_grouping_nor_repetition_matter', () => {
    for (const seed of seeds) {
      const below = seeded(seed);
      const truth = new Truth();
      truth.open('r0');
      live(truth, 24, (bound) => (bound === 7 ? 1 + below(6) : below(bound)));
      const states = truth.told.filter(({ id }) => id === 'r0');
      const one = shuffled([...states, ...states], below).reduce(merge);
      const half = Math.floor(states.length / 2);
      const other = merge(shuffled(states.slice(half), below).reduce(merge), states.slice(0, Math.max(1, half)).reduce(merge));
      expect(one, `seed ${seed}`).toEqual(other);
      expect(one, `seed ${seed}`).toEqual(truth.requests.get('r0'));
    }
  });

  test('an_older_version_with_a_newer_message_gives_the_message_only', () => {
    const truth = new Truth();
    truth.open('a');
    truth.message('a', 'customer');
    const words = truth.requests.get('a')!;
    const resolved = { ...words, last_message: null, unread_count: 0, status: 'resolved', version: 2 } as const;
    expect(merge(resolved, words)).toMatchObject({ status: 'resolved', version: 2, last_message: { seq: 1 }, unread_count: 1 });
  });

  test('a_last_message_that_was_edited_or_deleted_is_shown_as_it_is_now', () => {
    const truth = new Truth();
    truth.open('a');
    truth.message('a', 'agent');
    const before = truth.requests.get('a')!;
    truth.revise('a', 'corrigé');
    const edited = truth.requests.get('a')!;
    truth.revise('a', null);
    const deleted = truth.requests.get('a')!;
    for (const order of [[before, edited, deleted], [deleted, before, edited], [edited, deleted, before]]) {
      expect(order.reduce(merge).last_message).toEqual(deleted.last_message);
    }
  });

  test('a_first_answer_changes_the_request_without_a_version_and_is_taken_all_the_same', () => {
    const truth = new Truth();
    truth.open('a');
    const before = truth.requests.get('a')!;
    const answered = { ...before, first_response_at: '2026-11-20T09:00:00.5Z', updated_at: '2026-11-20T09:00:00.5Z' };
    expect(merge(before, answered)).toEqual(answered);
    expect(merge(answered, before)).toBe(answered);
    const aLittleLater = { ...answered, updated_at: '2026-11-20T09:00:00.500100Z' };
    expect(merge(answered, aLittleLater)).toEqual(merge(aLittleLater, answered));
  });

  test('what_is_not_newer_leaves_the_very_same_object', () => {
    const truth = new Truth();
    truth.open('a');
    const known = truth.requests.get('a')!;
    expect(merge(known, { ...known })).toBe(known);
  });
});

describe('pool', () => {
  test('lists_and_frames_in_any_order_end_where_a_fresh_fetch_would', () => {
    for (const seed of seeds) {
      const below = seeded(seed + 1_000);
      const truth = new Truth();
      live(truth, 30, below);
      const pages = viewIds.map((view) => ({ view, page: truth.list({ ...views[view].query, limit: 1_000 }) }));
      const before = truth.told.length;
      live(truth, 30, below);
      // Frames from before the fetch are repeated too, as after a reconnect.
      const frames = [...truth.told.slice(Math.max(0, before - 10)), ...shuffled(truth.told, below).slice(0, 10)];
      const pool = new RequestPool(me);
      const deliveries = shuffled(
        [...pages.map(({ view, page }) => () => pool.takePage(view, page)), ...frames.map((frame) => () => void pool.take(frame, true))],
        below,
      );
      for (const deliver of deliveries) deliver();
      expect(shown(pool), `seed ${seed}`).toEqual(fresh(truth));
      for (const view of viewIds) expect(pool.count(view), `seed ${seed}, ${view}`).toBe(pool.rows(view).length);
    }
  });
});
