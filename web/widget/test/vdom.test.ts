// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest';
import * as preact from 'preact';
import { seeded } from '../../sdk/test/support/clock.ts';
import * as runtime from '../src/runtime/preact.ts';

const { createContext, Fragment, jsx, render, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } = runtime;
const h = (type: unknown, props: Record<string, unknown> | null, ...children: unknown[]) => {
  const { key, ...rest } = props ?? {};
  return jsx(type as never, children.length === 0 ? rest : { ...rest, children: children.length === 1 ? children[0] : children }, key);
};
/** State is drawn in a microtask, effects in a task. */
const drawn = () => new Promise((resolve) => setTimeout(resolve, 5));

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement('div');
  document.body.replaceChildren(root);
});

describe('elements', () => {
  test('attributes, properties, styles and handlers follow the props', () => {
    const clicks: string[] = [];
    const view = (n: number | null) =>
      h('button', {
        class: `c${n}`, type: 'button', disabled: n === 2, title: n === null ? undefined : `t${n}`, 'aria-expanded': n === 1, 'aria-label': n === null ? undefined : 'l',
        style: n === 1 ? { '--hue': '3', color: 'red' } : { color: 'blue' }, onClick: n === null ? undefined : () => clicks.push(`${n}`),
      }, 'x');
    render(view(1), root);
    const button = root.querySelector('button')!;
    expect(button.getAttribute('aria-expanded')).toBe('true');
    expect([button.className, button.disabled, button.style.getPropertyValue('--hue'), button.style.color]).toEqual(['c1', false, '3', 'red']);
    button.click();
    render(view(2), root);
    expect(root.querySelector('button')).toBe(button);
    expect([button.className, button.disabled, button.getAttribute('aria-expanded'), button.style.getPropertyValue('--hue'), button.style.color]).toEqual(['c2', true, 'false', '', 'blue']);
    render(view(null), root);
    button.click();
    expect(button.hasAttribute('aria-label')).toBe(false);
    expect(clicks).toEqual(['1']);
  });

  test('a field keeps what was typed unless its value says otherwise', () => {
    render(h('input', { value: 'a' }), root);
    const field = root.querySelector('input')!;
    field.value = 'typed';
    render(h('input', { value: 'a' }), root);
    expect(field.value).toBe('a');
  });

  test('svg is made in its own namespace', () => {
    render(h('svg', { viewBox: '0 0 1 1', class: 'icon' }, h('path', { d: 'M0 0' })), root);
    expect(root.querySelector('path')!.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(root.querySelector('svg')!.getAttribute('viewBox')).toBe('0 0 1 1');
  });

  test('references are set when shown and cleared when gone', () => {
    const ref = { current: null as Element | null };
    const calls: unknown[] = [];
    render(h('p', { ref }, h('b', { ref: (dom: unknown) => calls.push(dom) })), root);
    expect(ref.current).toBe(root.querySelector('p'));
    render(null, root);
    expect(ref.current).toBeNull();
    expect(calls.map((call) => call === null)).toEqual([false, true]);
  });
});

describe('lists', () => {
  test('keyed elements keep their identity over any change of order', () => {
    const random = seeded(7);
    let before: string[] = [];
    for (let round = 0; round < 300; round += 1) {
      const keys = 'abcdefghij'.split('').filter(() => random() < 0.6).sort(() => random() - 0.5);
      const known = new Map(before.map((key) => [key, root.querySelector(`#${key}`)]));
      render(h('ul', null, 'head', keys.map((key) => (random() < 0.5 ? h('li', { key, id: key }, key) : h('li', { key, id: key }, `${key}!`))), 'tail'), root);
      expect([...root.querySelectorAll('li')].map((li) => li.id)).toEqual(keys);
      for (const key of keys) if (known.has(key)) expect(root.querySelector(`#${key}`)).toBe(known.get(key));
      expect(root.firstElementChild!.firstChild!.textContent).toBe('head');
      expect(root.firstElementChild!.lastChild!.textContent).toBe('tail');
      before = keys;
    }
  });

  test('a key that is there twice loses and leaves nothing', () => {
    const view = (words: string[]) => h('ul', null, words.map((word) => h('li', { key: 'same' }, word)));
    for (const words of [['a', 'b'], ['a', 'b', 'c'], ['c'], ['d', 'e']]) {
      render(view(words), root);
      expect([...root.querySelectorAll('li')].map((li) => li.textContent)).toEqual(words);
    }
  });

  test('what stays in place is not moved, so that focus and scroll stay', () => {
    const moved: unknown[] = [];
    const view = (keys: string[]) => h('ul', null, keys.map((key) => h('li', { key }, key)));
    render(view(['b', 'c']), root);
    const list = root.querySelector('ul')!;
    const insert = list.insertBefore.bind(list);
    list.insertBefore = ((node: Node, at: Node | null) => (moved.push(node.textContent), insert(node, at))) as never;
    render(view(['a', 'b', 'c', 'd']), root);
    expect(moved).toEqual(['a', 'd']);
  });

  test('random trees come out as Preact draws them', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const other = document.createElement('div');
      const mine = document.createElement('div');
      for (let round = 0; round < 5; round += 1) {
        render(tree(seeded(seed * 10 + round), h, Fragment), mine);
        preact.render(tree(seeded(seed * 10 + round), preact.h as never, preact.Fragment) as never, other);
        // Preact leaves an empty title where there is none.
        const html = (shown: HTMLElement) => shown.innerHTML.replaceAll(' title=""', '');
        expect(html(mine), `seed ${seed}, round ${round}`).toBe(html(other));
      }
    }
  });
});

/** Elements, texts, nothings, fragments and components, some with keys. */
function tree(random: () => number, make: typeof h, fragment: unknown, depth = 0): unknown {
  const what = random();
  if (depth > 3 || what < 0.15) return `t${Math.floor(random() * 5)}`;
  if (what < 0.25) return [null, false, undefined, true][Math.floor(random() * 4)];
  const children = Array.from({ length: Math.floor(random() * 4) }, () => tree(random, make, fragment, depth + 1));
  const key = random() < 0.3 ? `k${depth}` : undefined;
  if (what < 0.35) return make(fragment, null, ...children);
  if (what < 0.5) return make(random() < 0.5 ? Wrapper : Other, { label: `w${Math.floor(random() * 3)}`, make }, ...children);
  return make(['p', 'b', 'i'][Math.floor(random() * 3)]!, { key, title: random() < 0.5 ? `a${Math.floor(random() * 3)}` : undefined }, ...children);
}
const Wrapper = ({ children, label, make }: { children: unknown; label: string; make: typeof h }) => make('section', { 'data-label': label }, children);
const Other = ({ children }: { children: unknown }) => children;

describe('hooks', () => {
  test('state is drawn once for many changes, and not at all for none', async () => {
    let draws = 0;
    let set!: (value: number | ((before: number) => number)) => void;
    const Counter = () => {
      const [n, change] = useState(0);
      set = change;
      draws += 1;
      return h('p', null, n);
    };
    render(h(Counter, null), root);
    set(1);
    set((n) => n + 1);
    await drawn();
    expect([root.textContent, draws]).toEqual(['2', 2]);
    set(2);
    await drawn();
    expect(draws).toBe(2);
  });

  test('effects run after drawing, clean up before the next and at the end', async () => {
    const log: string[] = [];
    const Watcher = ({ n }: { n: number }) => {
      useLayoutEffect(() => {
        log.push(`layout ${n} ${root.textContent}`);
        return () => log.push(`end layout ${n}`);
      }, [n]);
      useEffect(() => {
        log.push(`effect ${n}`);
        return () => void log.push(`end effect ${n}`);
      }, [n]);
      return h('p', null, n);
    };
    render(h(Watcher, { n: 1 }), root);
    expect(log).toEqual(['layout 1 1']);
    await drawn();
    render(h(Watcher, { n: 1 }), root);
    render(h(Watcher, { n: 2 }), root);
    await drawn();
    render(null, root);
    expect(log).toEqual(['layout 1 1', 'effect 1', 'end layout 1', 'layout 2 2', 'end effect 1', 'effect 2', 'end layout 2', 'end effect 2']);
  });

  test('a context reaches down, the nearest one wins, and a change is seen', () => {
    const Name = createContext('nobody');
    const Reader = () => h('i', null, useContext(Name));
    const view = (name: string) => h(Fragment, null, h(Reader, null), h(Name.Provider, { value: name }, h('p', null, h(Reader, null), h(Name.Provider, { value: 'inner' }, h(Reader, null)))));
    render(view('a'), root);
    expect(root.textContent).toBe('nobodyainner');
    render(view('b'), root);
    expect(root.textContent).toBe('nobodybinner');
  });

  test('a component below that changes keeps its place among its siblings', async () => {
    let show!: (value: boolean) => void;
    const Maybe = () => {
      const [shown, set] = useState(false);
      show = set;
      return shown ? h(Fragment, null, h('b', null, '1'), h('b', null, '2')) : null;
    };
    render(h('p', null, 'a', h(Maybe, null), 'z'), root);
    show(true);
    await drawn();
    expect(root.textContent).toBe('a12z');
    show(false);
    await drawn();
    expect(root.textContent).toBe('az');
  });

  test('one component that throws does not stop the others', async () => {
    const reported: unknown[] = [];
    const report = globalThis.reportError;
    globalThis.reportError = (error) => void reported.push(error);
    const set: ((value: boolean) => void)[] = [];
    const Part = ({ name }: { name: string }) => {
      const [bad, change] = useState(false);
      set.push(change);
      if (bad && name === 'x') throw new Error('x');
      return h('p', null, `${name}${bad}`);
    };
    render(h(Fragment, null, h(Part, { name: 'x' }), h(Part, { name: 'y' })), root);
    set[0]!(true);
    set[1]!(true);
    await drawn();
    globalThis.reportError = report;
    expect(root.textContent).toBe('xfalseytrue');
    expect(reported).toHaveLength(1);
  });

  test('memos and references are kept', () => {
    const seen: unknown[] = [];
    const Keeper = ({ n }: { n: number }) => {
      seen.push([useMemo(() => ({}), [n > 1]), useRef(n)]);
      return null;
    };
    render(h(Keeper, { n: 0 }), root);
    render(h(Keeper, { n: 1 }), root);
    render(h(Keeper, { n: 2 }), root);
    const [[a, r], [b, s], [c]] = seen as [[object, object], [object, object], [object, object]];
    expect([a === b, b === c, r === s]).toEqual([true, false, true]);
  });
});
