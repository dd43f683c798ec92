import { expect, test } from 'vitest';
import { createSpeech } from '@guichet/ui';
import type { ThreadMessage } from '@guichet/sdk';
import { aRequest, iso } from '../../tracker/test/requests.ts';
import { itemsOf } from '../src/request/items.ts';
import { catalogues } from '../src/texts.ts';

const { t } = createSpeech('fr', catalogues);

const message = (key: string, minute: number, over: Partial<ThreadMessage> = {}): ThreadMessage =>
  ({ key, id: key, seq: minute, type: 'text', sender: { id: 'salome', name: 'Salomé Lefort', type: 'agent' }, content: key, attachments: [], created_at: iso(minute), state: 'sent', mine: false, edited: false, deleted: false, error: null, ...over }) as ThreadMessage;

const shown = (request = aRequest(), messages: ThreadMessage[] = [], more: { hasOlder?: boolean; connected?: boolean } = {}) => itemsOf({ messages, request, hasOlder: false, connected: true, t, ...more });

test('a_form_begins_with_its_words_and_a_chat_with_its_first_message', () => {
  expect(shown().map(({ kind, ...item }) => [kind, item.content])).toEqual([['message', 'L’état des lieux de retour note une rayure.']]);
  expect(shown(aRequest({ kind: 'chat' }))).toEqual([]);
  // While older messages are not loaded, what came before them is not either.
  expect(shown(aRequest(), [message('b', 5)], { hasOlder: true }).map(({ content }) => content)).toEqual(['b']);
});

test('the_end_of_a_request_stands_where_it_happened', () => {
  const request = aRequest({ kind: 'chat', status: 'closed', resolved_at: iso(3), closed_at: iso(5) });
  const items = shown(request, [message('a', 1), message('b', 9)]);
  expect(items.map(({ content }) => content)).toEqual(['a', 'Demande close', 'b']);
});

test('what_waits_says_why', () => {
  const pending = [message('a', 1, { state: 'pending', mine: true, seq: null }), message('b', 2, { state: 'pending', mine: true, seq: null })];
  const waiting = (connected: boolean) => shown(aRequest({ kind: 'chat' }), pending, { connected }).map((item) => (item.kind === 'message' ? item.waiting : null));
  expect(waiting(true)).toEqual(['sending', 'after_previous']);
  expect(waiting(false)).toEqual(['offline', 'offline']);
});

test('a_message_that_came_too_late_says_so_and_is_not_sent_again', () => {
  const [, late] = shown(aRequest(), [message('a', 1, { state: 'failed', mine: true, error: { code: 'conversation.closed', message: '' } })]);
  expect(late).toMatchObject({ failure: 'La demande est close.', final: true });
});
