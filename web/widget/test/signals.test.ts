import { describe, expect, test } from 'vitest';
import * as reference from '@preact/signals-core';
import * as ours from '../src/signals.ts';
import { seeded } from '../../sdk/test/support/clock.ts';

describe('signals', () => {
  test('an effect runs at once, at each change it read, and no longer once ended', () => {
    const a = ours.signal(1);
    const seen: number[] = [];
    const end = ours.effect(() => void seen.push(a.value));
    a.value = 2;
    a.value = 2;
    end();
    a.value = 3;
    expect(seen).toEqual([1, 2]);
  });

  test('a computed value is kept while nothing it read changed, listened to or not', () => {
    const a = ours.signal(1);
    let runs = 0;
    const double = ours.computed(() => ((runs += 1), a.value * 2));
    expect([double.value, double.value, runs]).toEqual([2, 2, 1]);
    const other = ours.signal(0);
    other.value = 1;
    expect([double.value, runs]).toEqual([2, 1]);
    const end = ours.effect(() => void double.value);
    a.value = 2;
    expect([double.value, runs]).toEqual([4, 2]);
    end();
    a.value = 3;
    expect([double.value, runs]).toEqual([6, 3]);
  });

  test('an effect does not run when the computed value it read came out the same', () => {
    const a = ours.signal(1);
    const sign = ours.computed(() => Math.sign(a.value));
    let runs = 0;
    ours.effect(() => void ((runs += 1), sign.value));
    a.value = 5;
    a.value = -5;
    expect(runs).toBe(2);
  });

  test('a batch runs each effect once, after the last change', () => {
    const [a, b] = [ours.signal(1), ours.signal(2)];
    const seen: number[] = [];
    ours.effect(() => void seen.push(a.value + b.value));
    ours.batch(() => {
      a.value = 10;
      b.value = 20;
      expect(seen).toEqual([3]);
    });
    expect(seen).toEqual([3, 30]);
  });

  test('effects that change what they read without end are stopped', () => {
    const a = ours.signal(0);
    expect(() => ours.effect(() => void (a.value += 1))).toThrow('without end');
  });

  test('an effect that throws tells whoever made the change, and harms no other', () => {
    const a = ours.signal(0);
    const seen: number[] = [];
    ours.effect(() => {
      if (a.value === 1) throw new Error('one');
    });
    ours.effect(() => void seen.push(a.value));
    expect(() => (a.value = 1)).toThrow('one');
    a.value = 2;
    expect(seen).toEqual([0, 1, 2]);
  });

  test('on random graphs they show the same as the library they stand in for', () => {
    for (let seed = 1; seed <= 300; seed += 1) expect(graph(ours as never, seed), `seed ${seed}`).toEqual(graph(reference, seed));
  });
});

/** Signals, computed values over what came before, and effects that come and go; returns what the effects saw. */
function graph({ signal, computed, effect, batch }: typeof reference, seed: number): unknown[] {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const inputs = Array.from({ length: 4 }, (_, i) => signal(i));
  const values: { readonly value: number; peek(): number }[] = [...inputs];
  for (let n = 0; n < 8; n += 1) {
    const [a, b, c] = [pick(values), pick(values), pick(values)];
    // What is read depends on what was read.
    values.push(computed(() => (a.value % 2 === 0 ? b.value + 1 : c.value % 5)));
  }
  const seen: unknown[] = [];
  const ends: (() => void)[] = [];
  for (let step = 0; step < 40; step += 1) {
    const what = random();
    const watched = pick(values);
    if (what < 0.25) {
      const name = step;
      let last: number | undefined;
      ends.push(effect(() => {
        // Only what came out is compared: how often an unchanged value is looked at is free.
        if (watched.value !== last) seen.push([name, (last = watched.value)]);
      }));
    } else if (what < 0.35 && ends.length > 0) ends.splice(Math.floor(random() * ends.length), 1)[0]!();
    else if (what < 0.5) batch(() => {
      for (let n = 0; n < 3; n += 1) pick(inputs).value = Math.floor(random() * 10);
    });
    else if (what < 0.6) seen.push(watched.peek());
    else pick(inputs).value = Math.floor(random() * 10);
    seen.push(values.map((value) => value.peek()));
    seen.push('|');
  }
  return sorted(seen);
}

/** Within one step the order of effects is free. */
function sorted(seen: unknown[]): unknown[] {
  const steps: unknown[][] = [[]];
  for (const each of seen) {
    if (each === '|') steps.push([]);
    else steps.at(-1)!.push(each);
  }
  return steps.map((step) => step.map((each) => JSON.stringify(each)).sort());
}
