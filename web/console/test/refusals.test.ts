// @vitest-environment happy-dom
// A refusal is explained by what is the case now.
import { expect, test } from 'vitest';
import { ApiError } from '@guichet/sdk';
import { createSpeech } from '@guichet/ui';
import { allows, canTake, explanation, moves } from '../src/conversation/actions.ts';
import { problemOf } from '../src/shell/form.tsx';
import { catalogues, type ConsoleSpeech } from '../src/texts.ts';
import { aRequest, me } from './support-requests.ts';

const speech = createSpeech('fr', catalogues) as unknown as ConsoleSpeech;
const before = aRequest({ id: 'a', number: 'TICKET-1', status: 'assigned' });
const refusal = (status: number) => new ApiError({ code: 'x', status, detail: 'La demande est fermée.' });

test.each([
  [409, { ...before, status: 'closed' } as const, 'Rien n’a changé. TICKET-1 est entre-temps passée au statut Fermée.'],
  [409, before, 'Rien n’a changé. La demande est fermée.'],
  [412, before, 'TICKET-1 vient d’être modifiée par quelqu’un d’autre.'],
  [404, undefined, 'TICKET-1 n’est plus là'],
  [0, before, ''],
] as const)('a_%i_is_explained', (status, now, expected) => {
  const words = explanation(before, now, status === 0 ? ApiError.noAnswer() : refusal(status), speech).replaceAll('\u00a0', ' ');
  expect(words).toContain(expected);
  expect(words).not.toMatch(/\b4\d\d\b|x$/);
});

test('a_closed_request_allows_nothing_and_cannot_be_taken', () => {
  const closed = aRequest({ id: 'a', status: 'closed' });
  expect(moves.closed).toEqual([]);
  expect(allows(closed, 'escalate')).toBe(false);
  expect(canTake(closed, me)).toBe(false);
  expect(canTake(aRequest({ id: 'b' }), me)).toBe(true);
});

test('a_refused_form_says_at_each_field_what_is_wrong_and_the_rest_below', () => {
  const error = new ApiError({
    code: 'invalid',
    status: 422,
    errors: [
      { field: 'requester.email', code: 'invalid', message: 'Adresse incomplète.' },
      { field: 'then.skill', code: 'unknown', message: 'Compétence inconnue.' },
      { field: 'elsewhere', code: 'x', message: 'Autre chose.' },
    ],
  });
  expect(problemOf(error, ['requester.email', 'then'], speech)).toEqual({ fields: { 'requester.email': 'Adresse incomplète.', then: 'Compétence inconnue.' }, general: 'Autre chose.' });
  expect(problemOf(ApiError.noAnswer(), ['name'], speech).general).toContain('gardé');
});
