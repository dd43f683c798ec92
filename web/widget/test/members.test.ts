import { expect, test } from 'vitest';
import { compactMembers as compactAll } from '../members.ts';

const refuse = (problem: string): never => {
  throw new Error(problem);
};
const compactMembers = (code: string, foreign: string, refused: typeof refuse) => compactAll([code], foreign, refused)[0]!;
/** What the code says once it has run, before and after. */
const says = (code: string) => (0, eval)(code) as unknown;

test('private members become plain, and fields without a value need no declaration', () => {
  const code = 'new class{#e;#t=2;name;constructor(){this.#e=1}async#n(){return this.#e}get sum(){return this.#e+this.#t}}().sum';
  const short = compactMembers(code, '', refuse);
  expect(short).toBe('new class{t=2;constructor(){this.e=1}async n(){return this.e}get sum(){return this.e+this.t}}().sum');
  expect(says(short)).toBe(says(code));
});

test('members in camel case get short names wherever they are named', () => {
  const code = 'class A{hasOlder=2;loadOlder(){return this.hasOlder}}var a=new A,{hasOlder}=a;[hasOlder,a?.loadOlder(),{hasOlder:3}.hasOlder].join()';
  const short = compactMembers(code, '', refuse);
  expect(short).toBe('class A{$0=2;$1(){return this.$0}}var a=new A,{$0:hasOlder}=a;[hasOlder,a?.$1(),{$0:3}.$0].join()');
  expect(says(short)).toBe(says(code));
});

test('names that others know stay: the platform’s, the libraries’, those in texts, and what goes over the wire', () => {
  const code = 'class A{innerHTML;timeZone=1;setState(){}reachedByText(){}created_at=1;unread=2}x["reachedByText"];el.innerHTML=x.onClick';
  expect(compactMembers(code, 'component.setState()', refuse)).toBe(code.replace('innerHTML;', ''));
});

test('what private members keep apart stops the build', () => {
  expect(() => compactMembers('class A{#e=1;e=2}', '', refuse)).toThrow('public “e”');
  expect(() => compactMembers('var A=class{#e=1};class B extends A{#e=2}', '', refuse)).toThrow('another extends');
  expect(() => compactMembers('class A{#e=1;static is(x){return #e in x}}', '', refuse)).toThrow('in object');
});

test('two scripts agree on the names of members, and each keeps its own variables', () => {
  const codes = ['globalThis.given=new class A{hasOlder=2;#e=1;get sum(){return this.#e+this.hasOlder}};var B=class{}', 'class B{#e=3;loadOlder(x){return x.hasOlder+this.#e}}globalThis.told=new B().loadOlder(given)+given.sum'];
  const [first, second] = compactAll(codes, '', refuse);
  expect(first).not.toContain('hasOlder');
  expect(second).not.toMatch(/hasOlder|loadOlder/);
  for (const code of [first!, second!]) says(`(()=>{${code}})()`);
  expect((globalThis as { told?: number }).told).toBe(8);
});
