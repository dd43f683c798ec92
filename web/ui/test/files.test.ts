import { expect, test } from 'vitest';
import en from '../src/files/locales/en.json' with { type: 'json' };
import fr from '../src/files/locales/fr.json' with { type: 'json' };
import { filesOf } from '../src/files/given.tsx';
import { detailOf, isPicture, kindOf, sizeOf } from '../src/files/kind.ts';
import { fileTexts } from '../src/files/texts.ts';
import { wordsOf } from '../src/files/to-send.tsx';
import { differences } from '../src/testing/catalogues.ts';

test('the texts about files say the same in both languages', () => {
  expect(differences(fr, en)).toEqual([]);
});

test('a size is said in the unit that people expect', () => {
  const said = [0, 1, 1023, 1024, 84_000, 1024 * 1023.4, 1024 * 1023.6, 1_900_000, 10 * 1024 * 1024].map((bytes) => sizeOf(bytes, fileTexts('fr')).replace(/\s/g, ' '));
  expect(said).toEqual(['0 octet', '1 octet', '1 023 octets', '1 Ko', '82 Ko', '1 023 Ko', '1 Mo', '1,8 Mo', '10 Mo']);
  expect(sizeOf(1_900_000, fileTexts('en')).replace(/\s/g, ' ')).toBe('1.8 MB');
});

test('a file is called what people call it', () => {
  const kinds = {
    'image/heic': 'image',
    'application/pdf': 'pdf',
    'text/csv': 'sheet',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'sheet',
    'application/vnd.oasis.opendocument.text': 'document',
    'application/vnd.oasis.opendocument.spreadsheet': 'sheet',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'document',
    'application/vnd.ms-powerpoint': 'slides',
    'text/plain': 'text',
    'application/octet-stream': 'file',
  };
  for (const [mime, kind] of Object.entries(kinds)) expect([mime, kindOf(mime)]).toEqual([mime, kind]);
  expect(detailOf({ mime: 'application/pdf', size: 84_000 }, fileTexts('en')).replace(/\s/g, ' ')).toBe('PDF, 82 KB');
});

test('only what every browser draws is drawn', () => {
  expect(['image/png', 'image/jpeg', 'image/gif', 'image/webp'].every(isPicture)).toBe(true);
  expect(['image/svg+xml', 'image/heic', 'text/html', 'application/pdf'].some(isPicture)).toBe(false);
});

test('pasted pictures are told apart by when they were pasted, other files keep their names', () => {
  const files = filesOf([new File(['x'], 'image.png', { type: 'image/png', lastModified: 5 }), new File(['x'], 'étrier.png')], new Date(2026, 0, 5, 9, 7, 3));
  expect(files.map(({ name }) => name)).toEqual(['capture-20260105-090703.png', 'étrier.png']);
  expect([files[0]!.type, files[0]!.lastModified]).toEqual(['image/png', 5]);
});

test('the server’s words come first, then those for a known reason, then plain ones', () => {
  const texts = fileTexts('fr');
  expect(wordsOf({ code: 'attachment.type', message: 'Non' }, texts)).toBe('Non');
  expect(wordsOf({ code: 'empty', message: '' }, texts)).toBe('Ce fichier est vide');
  expect(wordsOf({ code: 'http_413', message: '' }, texts)).toBe('Ce fichier n’a pas pu être joint');
});
