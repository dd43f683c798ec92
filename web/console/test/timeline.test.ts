import { expect, test } from 'vitest';
import type { TimelineEntry } from '@guichet/sdk';
import { union } from '../src/details/timeline-store.ts';
import { iso } from './support-requests.ts';

const entry = (id: string, minute: number): TimelineEntry => ({ id, kind: 'created', old: null, new: null, actor: { id: null, name: '' }, reason: null, metadata: {}, customer_told: false, customer_told_at: null, created_at: iso(minute) });

test('fetched_and_told_entries_are_each_there_once_in_order_whichever_came_first', () => {
  const [a, b, c] = [entry('1', 1), entry('2', 2), entry('3', 2)];
  expect(union([c], [b, a, c])).toEqual([a, b, c]);
  expect(union([a, b], [c])).toEqual([a, b, c]);
});

test('nothing_new_leaves_the_very_same_list', () => {
  const known = [entry('1', 1)];
  expect(union(known, [entry('1', 1)])).toBe(known);
});
