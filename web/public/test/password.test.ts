import { expect, test } from 'vitest';
import { createSpeech } from '@guichet/ui';
import { passwordProblem } from '../src/account/password.ts';
import { catalogues } from '../src/texts.ts';

const speech = createSpeech('fr', catalogues);

test('a_password_is_measured_in_bytes_as_the_server_does', () => {
  expect(passwordProblem('', speech)).not.toBeNull();
  expect(passwordProblem('courte', speech)).not.toBeNull();
  expect(passwordProblem('dix lettres', speech)).toBeNull();
  expect(passwordProblem('é'.repeat(36), speech)).toBeNull();
  expect(passwordProblem('é'.repeat(37), speech)).not.toBeNull();
});
