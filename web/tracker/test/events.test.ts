import { expect, test } from 'vitest';
import { createSpeech } from '@guichet/ui';
import { historyOf } from '../src/events.ts';
import { trackerCatalogues, type TrackerKey } from '../src/texts.ts';
import { entry, status } from './requests.ts';

const speech = createSpeech<TrackerKey>('fr', trackerCatalogues);
const told = (...timeline: ReturnType<typeof entry>[]) => historyOf(timeline, 'lucie', speech);

test('the_latest_comes_first_with_who_and_why', () => {
  const lines = told(entry('created', 0, { actor: { id: 'lucie', name: 'Lucie Moreau' } }), { ...status('open', 'in_progress', 9), reason: 'L’expert a rendu son avis.' });
  expect(lines.map(({ what, who, why }) => [what, who, why])).toEqual([
    ['Réponse en préparation', 'Salomé Lefort', 'L’expert a rendu son avis.'],
    ['Demande reçue', '', null],
  ]);
});

test('who_takes_a_request_is_named_once_and_who_is_given_it_too', () => {
  const taken = entry('assignee_changed', 1, { new: 'salome' });
  const given = entry('assignee_changed', 2, { old: 'salome', new: 'thomas', metadata: { new_name: 'Thomas Girard' } });
  expect(told(taken, given).map(({ what, who }) => [what, who])).toEqual([
    ['Confiée à Thomas Girard', 'Salomé Lefort'],
    ['Salomé Lefort s’en charge', ''],
  ]);
});

test('what_moves_a_request_within_the_team_is_told_only_with_a_reason', () => {
  expect(told(status('open', 'assigned', 1), entry('priority_changed', 2, { old: 'normal', new: 'high' }), entry('a_later_kind', 3))).toEqual([]);
  const [line] = told(entry('priority_changed', 2, { old: 'normal', new: 'high', reason: 'Vous prenez la route demain.' }));
  expect([line?.what, line?.why]).toEqual(['Un mot de l’équipe', 'Vous prenez la route demain.']);
});

test('an_end_that_was_none_is_told_as_opened_again', () => {
  expect(told(status('in_progress', 'resolved', 1), status('resolved', 'in_progress', 2), status('resolved', 'closed', 3)).map(({ what }) => what)).toEqual(['Demande close', 'Demande rouverte', 'Demande résolue']);
});

test('requests_that_were_joined_name_each_other', () => {
  expect(told(entry('merged', 1, { metadata: { other_number: 'TICKET-20261116-009' } }))[0]?.what).toBe('Réunie avec la demande TICKET-20261116-009');
});
