import { expect, test } from 'vitest';
import fr from '../src/locales/fr.json' with { type: 'json' };
import en from '../src/locales/en.json' with { type: 'json' };
import { compactStyles as compactAll, compactTexts } from '../compact.ts';

const refuse = (problem: string): never => {
  throw new Error(problem);
};
const compactStyles = (code: string, refused: typeof refuse) => compactAll([code], refused)[0]!;
const sheet = (css: string) => `@guichet-sheet{${css}}@guichet-end`;

test('rules whose classes the script never names are left out, others stay', () => {
  const code = `var a='${sheet('.used{color:red}.unused{color:blue}.used .unused,.used>b{top:0}@media print{.unused{top:0}.used{top:1px}}@keyframes x{0%{top:0}}')}';el.className="card used"`;
  expect(compactStyles(code, refuse)).toBe(`var a='.used{color:red}.used>b{top:0}@media print{.used{top:1px}}@keyframes x{0%{top:0}}';el.className="card used"`);
});

test('variables become short in every sheet, the page’s own keep their names, unread ones go', () => {
  const code = `var a='${sheet(':root,:host{--ink:var(--guichet-ink,red);--unread:1px;--hue:3}')}',b='${sheet('b{color:var(--ink);--hue:4;top:var(--hue);fill:var(--ink)}')}';style.setProperty("--hue",1)`;
  const out = compactStyles(code, refuse);
  expect(out).toContain("a=':host{--0:var(--guichet-ink,red);--hue:3}'");
  expect(out).toContain("b='b{color:var(--0);--hue:4;top:var(--hue);fill:var(--0)}'");
});

test('a variable that only the host sets, to something short or for one place, is its value, one that nothing sets is what stands in for it', () => {
  const code = `var a='${sheet(':root,:host{--gap:8px;--pad:4px;--wide:light-dark(red,blue);--once:light-dark(red,green);--fast:1s}@media print{:host{--fast:0s}}')}',b='${sheet('b{gap:var(--gap);--pad:2px;padding:var(--pad);color:var(--wide);fill:var(--wide);stroke:var(--once);transition:var(--fast);top:var(--none,var(--gap))}')}'`;
  expect(compactStyles(code, refuse)).toBe(`var a=':host{--1:4px;--2:light-dark(red,blue);--4:1s}@media print{:host{--4:0s}}',b='b{gap:8px;--1:2px;padding:var(--1);color:var(--2);fill:var(--2);stroke:light-dark(red,green);transition:var(--4);top:8px}'`);
});

test('texts are found by number; one that nothing uses stops the build', () => {
  const keys = ['a.b', 'a.c', 'shared.x'];
  expect(compactTexts('t("a.b");return"a.c"', keys, ['a.b', 'a.c'], refuse)).toBe('t("0");return"1"');
  expect(compactTexts("t(`shared.x`);t('a.b','a.c')", keys, ['a.b', 'a.c'], refuse)).toBe('t("2");t("0","1")');
  expect(() => compactTexts('t("a.b")', keys, ['a.b', 'a.c'], refuse)).toThrow('a.c');
});

test('both languages have the same texts, with the same places to fill', () => {
  expect(Object.keys(en)).toEqual(Object.keys(fr));
  const places = (text: unknown) => [...JSON.stringify(text).matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const key of Object.keys(fr) as (keyof typeof fr)[]) expect([key, places(en[key])]).toEqual([key, places(fr[key])]);
});

test('two scripts agree: a rule that only the other one needs stays, and a variable has one name in both', () => {
  const [first, second] = compactAll([`var a='${sheet(':host{--ink:light-dark(red,blue)}.mine{color:var(--ink)}.theirs{fill:var(--ink)}.none{top:0}')}';el.className="mine"`, `export default()=>(el.className="theirs",'${sheet('.theirs{top:var(--ink)}')}')`], refuse);
  expect(first).toContain(":host{--0:light-dark(red,blue)}.mine{color:var(--0)}.theirs{fill:var(--0)}'");
  expect(second).toBe(`export default()=>(el.className="theirs",'.theirs{top:var(--0)}')`);
});
