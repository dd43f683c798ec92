import { describe, expect, test } from 'vitest';
import type { ThreadMessage, TimelineEntry } from '@guichet/sdk';
import { isTold, threadItems, type Surroundings } from '../src/conversation/items.ts';
import { iso } from './support-requests.ts';

const calm: Surroundings = { hasOlder: false, online: true, wordFailure: (code, message) => message || code };

function message(minute: number, over: Partial<ThreadMessage> = {}): ThreadMessage {
  const sender = { id: 'h', type: 'customer', name: 'Hélène' } as const;
  const base = { type: 'text', sender, mine: false, content: 'x', attachments: [] as [], edited: false, deleted: false, in_reply_to: null, state: 'sent', error: null } as const;
  return { ...base, key: `m${minute}`, id: `m${minute}`, seq: minute, entry_seq: minute, created_at: iso(minute), ...over };
}
function pending(minute: number, over: Partial<ThreadMessage> = {}): ThreadMessage {
  return message(minute, { id: null, seq: null, entry_seq: null, state: 'pending', mine: true, sender: { id: 'n', type: 'agent', name: 'Nadia' }, ...over });
}
function entry(minute: number, over: Partial<TimelineEntry> = {}): TimelineEntry {
  return { id: `t${minute}`, kind: 'assignee_changed', old: null, new: 'n', actor: { id: 'n', name: 'Nadia' }, reason: null, metadata: {}, customer_told: false, customer_told_at: null, created_at: iso(minute), ...over };
}
const keys = (...args: Parameters<typeof threadItems>) => threadItems(...args).map(({ key }) => key);

describe('order', () => {
  test('what_became_of_the_request_stands_between_the_messages_by_time', () => {
    expect(keys([message(1), message(3)], [entry(0), entry(2), entry(4)], calm)).toEqual(['t0', 'm1', 't2', 'm3', 't4']);
  });

  test('unsent_messages_stay_last_whatever_the_clock_of_the_device_says', () => {
    expect(keys([message(3), pending(1)], [entry(4)], calm)).toEqual(['m3', 't4', 'm1']);
  });

  test('lines_older_than_the_oldest_loaded_message_wait_until_it_is_loaded', () => {
    expect(keys([message(3)], [entry(1), entry(4)], { ...calm, hasOlder: true })).toEqual(['m3', 't4']);
    expect(keys([message(3)], [entry(1), entry(4)], calm)).toEqual(['t1', 'm3', 't4']);
  });

  test('the_opening_comes_before_the_message_it_was_opened_with', () => {
    expect(keys([message(1)], [entry(2, { kind: 'created' }), entry(3)], calm)).toEqual(['t2', 'm1', 't3']);
  });

  test('the_end_of_a_live_chat_stands_among_the_messages_by_its_time', () => {
    const ended = { key: 's1', at: iso(2), text: 'Discussion terminée' };
    expect(keys([message(1), message(3)], [], { ...calm, ended })).toEqual(['m1', 's1', 'm3']);
    expect(keys([message(1)], [entry(0)], { ...calm, ended })).toEqual(['t0', 'm1', 's1']);
    expect(keys([message(3)], [], { ...calm, ended, hasOlder: true })).toEqual(['m3']);
  });

  test('times_are_compared_as_instants_not_as_text', () => {
    const exact = message(1, { created_at: '2026-11-20T08:01:00.5Z' });
    const line = entry(1, { created_at: '2026-11-20T08:01:00.45Z' });
    expect(keys([exact], [line], calm)).toEqual(['t1', 'm1']);
  });
});

describe('what is told', () => {
  test('assignments_and_ends_and_new_beginnings_are_told_the_rest_is_in_the_details', () => {
    expect(isTold(entry(1, { kind: 'created' }))).toBe(true);
    expect(isTold(entry(1))).toBe(true);
    expect(isTold(entry(1, { kind: 'status_changed', old: 'assigned', new: 'resolved' }))).toBe(true);
    expect(isTold(entry(1, { kind: 'status_changed', old: 'resolved', new: 'in_progress' }))).toBe(true);
    expect(isTold(entry(1, { kind: 'status_changed', old: 'resolved', new: 'closed' }))).toBe(true);
    expect(isTold(entry(1, { kind: 'status_changed', old: 'open', new: 'in_progress' }))).toBe(false);
    expect(isTold(entry(1, { old: 'n' }))).toBe(false);
    expect(isTold(entry(1, { kind: 'priority_changed', old: 'low', new: 'high' }))).toBe(false);
  });
});

describe('messages', () => {
  test('agents_stand_on_the_readers_side_and_only_the_readers_own_are_own', () => {
    const agent = { id: 't', type: 'agent', name: 'Thomas' } as const;
    const items = threadItems([message(1), message(2, { sender: agent }), message(3, { sender: agent, mine: true })], [], calm);
    expect(items.map((item) => item.kind === 'message' && [item.side, item.own])).toEqual([
      ['them', false],
      ['me', false],
      ['me', true],
    ]);
  });

  test('what_nobody_wrote_is_a_line', () => {
    const [item] = threadItems([message(1, { type: 'system', content: 'Transférée' })], [], calm);
    expect(item).toMatchObject({ kind: 'system', content: { text: 'Transférée' } });
  });

  test('a_waiting_message_says_what_it_waits_for', () => {
    const waiting = (online: boolean) =>
      threadItems([pending(1), pending(2)], [], { ...calm, online }).map((item) => item.kind === 'message' && item.waiting);
    expect(waiting(true)).toEqual(['sending', 'after_previous']);
    expect(waiting(false)).toEqual(['offline', 'offline']);
  });

  test('a_failed_message_says_why_and_does_not_hold_up_the_next', () => {
    const items = threadItems([pending(1, { state: 'failed', error: { code: 'closed', message: 'Fermée.' } }), pending(2)], [], calm);
    expect(items[0]).toMatchObject({ state: 'failed', failure: 'Fermée.', final: true });
    expect(items[1]).toMatchObject({ waiting: 'sending' });
  });
});
