// @vitest-environment happy-dom
// What helps while writing: canned replies, what is before the cursor, what the palette matches.
import { describe, expect, test } from 'vitest';
import type { CannedReply } from '@guichet/sdk';
import { rank } from '../src/conversation/canned.tsx';
import { fillPlaceholders } from '../src/conversation/placeholders.ts';
import { wordAt } from '../src/conversation/suggestions.tsx';
import { matches } from '../src/palette/entries.ts';
import { aRequest, me } from './support-requests.ts';

describe('placeholders', () => {
  const request = aRequest({ id: 'a', number: 'TICKET-1', subject: 'Freins' });
  const values = { request, agent: 'Nadia Belkacem', organization: 'Marceau Auto' };
  test('become_what_they_name', () => {
    expect(fillPlaceholders('Bonjour {{customer.first_name}}, {{ request.number }} : {{request.subject}}. {{agent.name}}, {{organization.name}}', values)).toBe(
      'Bonjour Hélène, TICKET-1 : Freins. Nadia Belkacem, Marceau Auto',
    );
  });
  test('what_is_not_known_leaves_no_hole', () => {
    const nameless = { ...request, requester: { ...request.requester, name: '' } };
    expect(fillPlaceholders('Bonjour {{customer.name}}, merci', { ...values, request: nameless })).toBe('Bonjour, merci');
  });
  test('anything_else_in_braces_stays_as_it_was_typed', () => {
    expect(fillPlaceholders('{{shoe.size}} { {', values)).toBe('{{shoe.size}} { {');
  });
});

describe('the word before the cursor', () => {
  test.each([
    ['/mer', 4, '/', { from: 0, word: 'mer' }],
    ['Bonjour /', 9, '/', { from: 8, word: '' }],
    ['et/ou', 5, '/', null],
    ['/mer ci', 7, '/', null],
    ['Vu avec @Tho', 12, '@', { from: 8, word: 'Tho' }],
    ['@Thomas Gi', 10, '@', { from: 0, word: 'Thomas Gi' }],
    ['a@b.fr', 6, '@', null],
    ['@Tho\nla suite', 13, '@', null],
  ] as const)('of_%j_at_%i_after_%s', (text, cursor, sign, expected) => {
    expect(wordAt(text, cursor, sign)).toEqual(expected);
  });
});

test('an_exact_shortcut_comes_before_everything_else', () => {
  const reply = (id: string, over: Partial<CannedReply>): CannedReply => ({ id, title: id, shortcut: id, content: '', language: null, category: null, shared: false, owner_id: me, created_at: '', updated_at: '', ...over });
  const replies = [reply('b', { shortcut: 'merci-bien' }), reply('a', { shortcut: 'merci' }), reply('c', { title: 'Mercredi', category: 'general' }), reply('d', { title: 'Autre' })];
  expect(rank(replies, 'merci', { category: 'general' }, 'fr').map(({ id }) => id)).toEqual(['a', 'b']);
  expect(rank(replies, 'mer', { category: 'general' }, 'fr').map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('the_palette_matches_the_beginnings_of_words_without_accents_or_case', () => {
  expect(matches('res prec', 'Résoudre en précisant')).toBe(true);
  expect(matches('118 014', 'Freins', 'TICKET-118-014')).toBe(true);
  expect(matches('soudre', 'Résoudre')).toBe(false);
  expect(matches('', 'Résoudre')).toBe(true);
});
