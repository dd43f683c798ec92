import { describe, expect, test } from 'vitest';
import { chooseLocale, createTranslator, piecesOf } from '../src/i18n.ts';
import en from '../src/locales/en.json';
import fr from '../src/locales/fr.json';
import { differences } from '../src/testing/catalogues.ts';

describe('catalogues', () => {
  test('french_and_english_have_the_same_texts_with_the_same_placeholders', () => {
    expect(differences(fr, en)).toEqual([]);
  });

  test('a_missing_text_and_a_missing_placeholder_are_found', () => {
    expect(differences({ a: '{n}', b: 'x' }, { a: 'y', c: 'z' })).toEqual(['a: placeholders differ', 'b: only on the left', 'c: only on the right']);
    expect(differences({ a: { one: '{count} x', other: '{count} xs' } }, { a: '{count}' })).toEqual(['a: one has plural forms']);
    expect(differences({ a: { one: '', other: 'x' } }, { a: { one: 'y', other: 'z' } })).toEqual(['a: empty']);
  });
});

describe('translator', () => {
  const catalogue = { plain: 'Bonjour {name}', many: { one: '{count} message', other: '{count} messages' } };

  test('placeholders_are_filled_and_unknown_ones_stay_visible', () => {
    const { t } = createTranslator('fr', catalogue);
    expect(t('plain', { name: 'Inès' })).toBe('Bonjour Inès');
    expect(t('plain')).toBe('Bonjour {name}');
  });

  test('a_value_that_looks_like_a_placeholder_is_not_filled_again', () => {
    const { t } = createTranslator('fr', catalogue);
    expect(t('plain', { name: '{count}', count: 3 })).toBe('Bonjour {count}');
  });

  test('zero_is_singular_in_french_and_plural_in_english', () => {
    expect(createTranslator('fr', catalogue).t('many', { count: 0 })).toBe('0 message');
    expect(createTranslator('en', catalogue).t('many', { count: 0 })).toBe('0 messages');
  });

  test('numbers_are_written_the_languages_way_and_a_missing_plural_form_falls_back', () => {
    // French has a form for millions, which the catalogue leaves out.
    expect(createTranslator('fr', catalogue).t('many', { count: 1_000_000 })).toBe('1\u202f000\u202f000 messages');
    expect(createTranslator('en', catalogue).t('many', { count: 1234 })).toBe('1,234 messages');
  });

  test('pieces_keep_elements_in_their_places', () => {
    const bold = { bold: 'Inès' };
    expect(piecesOf(createTranslator('fr', catalogue), 'plain', { name: bold })).toEqual(['Bonjour ', bold]);
  });

  test('the_first_language_that_is_spoken_is_chosen', () => {
    expect(chooseLocale([null, 'de-AT', 'en-GB', 'fr'])).toBe('en');
    expect(chooseLocale(['FR-ca'])).toBe('fr');
    expect(chooseLocale(['ja'])).toBe('fr');
  });
});
