import { describe, expect, test } from 'vitest';
import { layoutThread, showsReceipt, type DeliveryState, type ThreadItem, type ThreadMessage } from '../src/thread-layout.ts';

const time = { dayNumber: (at: string | number) => Math.floor(Date.parse(String(at)) / 86_400_000) };
const helene = { id: 'h', name: 'Hélène' };
const nadia = { id: 'n', name: 'Nadia' };
let next = 0;

function message(at: string, over: Partial<ThreadMessage> = {}): ThreadMessage {
  const state: DeliveryState = 'sent';
  return { kind: 'message', key: `m${(next += 1)}`, sender: helene, side: 'them', own: false, content: 'x', at: `2026-11-20T${at}:00Z`, state, ...over };
}

const shape = (items: ThreadItem[]) =>
  layoutThread(items, time).map((block) => (block.kind === 'group' ? `${block.sender.id}${block.messages.length}` : block.kind));

describe('grouping', () => {
  test('messages_of_one_sender_within_five_minutes_stay_together', () => {
    expect(shape([message('09:00'), message('09:05'), message('09:10')])).toEqual(['day', 'h3']);
  });

  test('a_pause_of_more_than_five_minutes_parts_them', () => {
    expect(shape([message('09:00'), { ...message('09:05'), at: '2026-11-20T09:05:01Z' }])).toEqual(['day', 'h1', 'h1']);
  });

  test('another_sender_parts_them_and_two_agents_are_two', () => {
    const thomas = { id: 't', name: 'Thomas' };
    const mine = { sender: nadia, side: 'me', own: true } as const;
    expect(shape([message('09:00'), message('09:01', mine), message('09:02', { ...mine, sender: thomas }), message('09:03')])).toEqual(['day', 'h1', 'n1', 't1', 'h1']);
  });

  test('a_system_line_parts_them', () => {
    expect(shape([message('09:00'), { kind: 'system', key: 's', at: '2026-11-20T09:01:00Z', content: 'prise' }, message('09:02')])).toEqual(['day', 'h1', 'system', 'h1']);
  });

  test('a_new_day_parts_them_even_within_five_minutes', () => {
    const late = { ...message('00:00'), at: '2026-11-20T23:58:00Z' };
    const early = { ...message('00:00'), at: '2026-11-21T00:01:00Z' };
    expect(shape([late, early])).toEqual(['day', 'h1', 'day', 'h1']);
  });

  test('a_clock_that_was_set_back_opens_no_day_again', () => {
    const first = { ...message('00:00'), at: '2026-11-21T00:01:00Z' };
    const second = { ...message('00:00'), at: '2026-11-20T23:59:00Z' };
    expect(shape([first, second])).toEqual(['day', 'h2']);
  });

  test('keys_are_unique_so_that_no_element_is_taken_for_another', () => {
    const items = [message('09:00'), { ...message('00:00'), at: '2026-11-21T09:00:00Z' }, message('09:00', { sender: nadia })];
    const keys = layoutThread(items, time).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('receipts', () => {
  const mine = (state: DeliveryState, over: Partial<ThreadMessage> = {}) => message('09:00', { side: 'me', own: true, sender: nadia, state, ...over });
  const shown = (messages: ThreadMessage[]) => messages.map((_, index) => showsReceipt(messages, index));

  test('the_last_of_each_state_has_one', () => {
    expect(shown([mine('read'), mine('read'), mine('delivered'), mine('sent'), mine('sent')])).toEqual([false, true, true, false, true]);
  });

  test('what_waits_or_failed_each_has_one', () => {
    expect(shown([mine('failed'), mine('failed'), mine('pending'), mine('pending')])).toEqual([true, true, true, true]);
  });

  test('the_other_side_and_deleted_messages_have_none', () => {
    expect(shown([message('09:00')])).toEqual([false]);
    expect(shown([mine('sent', { deleted: true })])).toEqual([false]);
  });
});
