import { expect, test } from 'vitest';
import { hueOf, initials } from '../src/person.tsx';

test.each([
  ['Hélène Vasseur', 'HV'],
  ['Garage Fontanel et Fils', 'GF'],
  ['Jean de la Fontaine', 'JF'],
  ['marie dupont', 'MD'],
  ['Transports Delorme-Vandenberghe', 'TD'],
  ['Zoé', 'Z'],
  ['  ', '?'],
  ['', '?'],
  ['🙂 Ana', 'A'],
  ['李 小龙', '李小'],
])('the_initials_of_%s_are_%s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test('a_person_keeps_one_tint_and_people_spread_over_many', () => {
  expect(hueOf('0193-a')).toBe(hueOf('0193-a'));
  const tints = new Set(Array.from({ length: 200 }, (_, index) => hueOf(`person-${index}`)));
  expect(tints.size).toBeGreaterThan(24);
});
