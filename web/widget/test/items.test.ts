import { expect, test } from 'vitest';
import type { OwnSupportRequest, ThreadMessage } from '@guichet/sdk';
import { itemsOf } from '../src/panel/items.ts';

const t = ((key: string) => key) as Parameters<typeof itemsOf>[0]['t'];
const message = (key: string, minute: number, more: Partial<ThreadMessage> = {}): ThreadMessage => ({
  key, id: key, seq: minute, entry_seq: minute, type: 'text', sender: { id: 'agent', type: 'agent', name: 'Nadia' }, mine: false, content: key, attachments: [],
  created_at: `2026-01-15T09:${String(minute).padStart(2, '0')}:00Z`, edited: false, deleted: false, in_reply_to: null, state: 'sent', error: null, ...more,
});
const request = (change: Partial<OwnSupportRequest>) => ({ status: 'open', resolved_at: null, closed_at: null, ...change }) as OwnSupportRequest;
const keys = (...sources: Parameters<typeof itemsOf>) => itemsOf(...sources).map((item) => item.key);

test('resolution and closing stand among the messages by their time', () => {
  const messages = [message('a', 1), message('b', 5)];
  const [resolved_at, closed_at] = ['2026-01-15T09:03:00Z', '2026-01-15T09:09:00Z'];
  expect(keys({ messages, request: request({ status: 'resolved', resolved_at }), connected: true, t })).toEqual(['a', 'resolved', 'b']);
  expect(keys({ messages, request: request({ status: 'closed', resolved_at, closed_at }), connected: true, t })).toEqual(['a', 'b', 'closed']);
});

test('the end of the live chat is a quiet line at its time', () => {
  const messages = [message('a', 1), message('b', 5)];
  expect(keys({ messages, request: null, ended: '2026-01-15T09:03:00Z', connected: true, t })).toEqual(['a', 'ended', 'b']);
  expect(keys({ messages, request: null, ended: null, connected: true, t })).toEqual(['a', 'b']);
});

test('a request that was reopened no longer says resolved', () => {
  expect(keys({ messages: [message('a', 1)], request: request({ status: 'in_progress', resolved_at: '2026-01-15T09:03:00Z' }), connected: true, t })).toEqual(['a']);
});

test('a pending message says whether it waits for the network', () => {
  const messages = [message('a', 1, { mine: true, state: 'pending', seq: null, id: null })];
  expect(itemsOf({ messages, request: null, connected: true, t })).toMatchObject([{ side: 'me', state: 'pending', waiting: 'sending' }]);
  expect(itemsOf({ messages, request: null, connected: false, t })).toMatchObject([{ waiting: 'offline' }]);
});

test('a refusal is worded by the server, or by us where it has no words', () => {
  const failed = (code: string, words: string) => itemsOf({ messages: [message('a', 1, { state: 'failed', error: { code, message: words } })], request: null, connected: true, t })[0];
  expect(failed('refused', 'Non, merci.')).toMatchObject({ failure: 'Non, merci.' });
  expect(failed('conversation.closed', 'x')).toMatchObject({ failure: 'failure.closed' });
  expect(failed('too_long', '')).toMatchObject({ failure: 'failure.too_long' });
});

test('a message that a closed request or its length refused is not offered to be sent again', () => {
  const final = (code: string) => (itemsOf({ messages: [message('a', 1, { state: 'failed', error: { code, message: '' } })], request: null, connected: true, t })[0] as { final?: boolean }).final;
  expect([final('closed'), final('chat.closed'), final('too_long'), final('refused'), final('unavailable')]).toEqual([true, true, true, false, false]);
});

test('a line of the system is no bubble', () => {
  expect(itemsOf({ messages: [message('a', 1, { sender: { id: 's', type: 'system', name: '' } })], request: null, connected: true, t })[0]!.kind).toBe('system');
});
