import { expect, test } from 'vitest';
import { Selection } from '../src/inbox/selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const marked = ({ ids }: Selection) => [...ids.value].sort();

test('a_stretch_goes_from_the_one_marked_last_in_either_direction', () => {
  const selection = new Selection();
  selection.toggle('d');
  selection.extendTo('b', order);
  expect(marked(selection)).toEqual(['b', 'c', 'd']);
  selection.extendTo('e', order);
  expect(marked(selection)).toEqual(['b', 'c', 'd', 'e']);
});

test('without_a_beginning_in_the_list_a_stretch_is_one', () => {
  const selection = new Selection();
  selection.extendTo('c', order);
  expect(marked(selection)).toEqual(['c']);
});

test('what_leaves_the_list_is_marked_no_more', () => {
  const selection = new Selection();
  selection.toggle('a');
  selection.toggle('c');
  selection.keep(['b', 'c']);
  expect(marked(selection)).toEqual(['c']);
});

test('putting_down_says_whether_there_was_anything', () => {
  const selection = new Selection();
  expect(selection.clear()).toBe(false);
  selection.offer();
  expect(selection.clear()).toBe(true);
  selection.toggle('a');
  selection.toggle('a');
  expect(marked(selection)).toEqual([]);
});
