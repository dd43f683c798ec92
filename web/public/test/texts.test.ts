import { expect, test } from 'vitest';
import { differences } from '@guichet/ui/testing/catalogues.ts';
import shared from '@guichet/ui/locales/fr.json';
import en from '../src/locales/en.json';
import fr from '../src/locales/fr.json';
import tracker from '@guichet/tracker/locales/fr.json';

test('french_and_english_have_the_same_texts_with_the_same_placeholders', () => {
  expect(differences(fr, en)).toEqual([]);
});

test('no_text_hides_one_of_the_shared_components', () => {
  expect(Object.keys(fr).filter((key) => key in shared || key in tracker)).toEqual([]);
});

test('french_keeps_its_high_punctuation_on_the_line_and_nothing_shouts', () => {
  const texts = JSON.stringify(fr);
  expect(texts).not.toMatch(/ [?:;»]/);
  expect(texts + JSON.stringify(en)).not.toMatch(/!/);
});
