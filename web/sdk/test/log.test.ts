import { expect, test } from 'vitest';
import { MessageLog } from '../src/conversation/log.ts';
import type { Message } from '../src/types.ts';

const message = (seq: number, entry_seq = seq): Message => ({
  id: `m${seq}`, seq, entry_seq, sender: { id: 'agent', type: 'agent', name: 'Nadia' }, type: 'text', content: `${seq}`, attachments: [], in_reply_to: null,
  status: 'sent', created_at: '2026-01-15T09:00:00Z', edited_at: null, deleted_at: null,
});
const messages = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const seqs = (log: MessageLog) => log.list().map(({ seq }) => seq);

test('a poll that tells of an older message that is not loaded does not skip what is between', () => {
  const log = new MessageLog();
  log.catchUp(messages(71, 120), 120, 'e');
  log.catchUp([message(3, 121), message(80, 122), message(123)], 123, 'e');
  expect(log.oldest).toBe(71);
  expect(log.last).toBe(123);
  expect(log.list().find(({ id }) => id === 'm80')?.entry_seq).toBe(122);
  log.prepend(messages(21, 70));
  log.catchUp([message(30, 124), message(4, 125)], 125, 'e');
  expect(seqs(log)).toEqual([...messages(21, 120).map(({ seq }) => seq), 123]);
  expect(log.list().find(({ id }) => id === 'm30')?.entry_seq).toBe(124);
});

test('the same after a load by socket', () => {
  const log = new MessageLog();
  log.begin('e', 120);
  for (const one of messages(71, 120)) log.apply(one.seq, one);
  log.loaded();
  log.catchUp([message(3, 121)], 121, 'e');
  expect(log.oldest).toBe(71);
});

test('what is polled from the beginning on is whole, in however many answers it comes', () => {
  const log = new MessageLog();
  log.catchUp([], 0, 'e');
  // The first message was edited since: it is told last.
  log.catchUp([message(2), message(3)], 3, 'e');
  log.catchUp([message(1, 4)], 4, 'e');
  expect(seqs(log)).toEqual([1, 2, 3]);
});

test('an own message that was placed first does not stand for those below it', () => {
  const unloaded = new MessageLog();
  unloaded.own(message(3));
  unloaded.catchUp(messages(1, 3), 3, 'e');
  expect(seqs(unloaded)).toEqual([1, 2, 3]);
  const empty = new MessageLog();
  empty.begin('e', 0);
  empty.own(message(3));
  empty.loaded();
  empty.catchUp(messages(1, 3), 3, 'e');
  expect(seqs(empty)).toEqual([1, 2, 3]);
});
