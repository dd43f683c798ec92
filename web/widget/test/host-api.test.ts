import { afterEach, expect, test, vi } from 'vitest';
import { HostEventTarget, installHostApi, type HostApi } from '../src/host-api.ts';

const scope = globalThis as { guichet?: unknown };
afterEach(() => delete scope.guichet);

function install() {
  const calls: unknown[][] = [];
  const record = (name: string) => (...args: unknown[]) => void calls.push([name, ...args]);
  const events = new HostEventTarget();
  const api = installHostApi({ open: record('open'), close: record('close'), identify: record('identify'), on: (event, listener) => events.on(event, listener) });
  return { api, calls, events };
}

test('calls queued before the widget has loaded are made in their order', () => {
  const opened = vi.fn();
  scope.guichet = [['identify', { name: 'Hélène' }], ['on', 'open', opened], 'open'];
  const { calls, events } = install();
  expect(calls).toEqual([['identify', { name: 'Hélène' }], ['open']]);
  events.emit('open', undefined);
  expect(opened).toHaveBeenCalledOnce();
});

test('pushing goes on working afterwards', () => {
  const { calls } = install();
  (scope.guichet as HostApi).push(['open'], ['close']);
  expect(calls).toEqual([['open'], ['close']]);
});

test('an unknown call is told to the page’s author and breaks nothing', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  scope.guichet = [['constructor'], ['opne'], ['open']];
  const { calls } = install();
  expect(calls).toEqual([['open']]);
  expect(warn).toHaveBeenCalledTimes(2);
});

test('a listener can leave, and one that throws harms only itself', () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const { api, events } = install();
  const seen: number[] = [];
  const leave = api.on('unread', (n) => seen.push(n));
  api.on('unread', () => {
    throw new Error('theirs');
  });
  api.on('unread', (n) => seen.push(n * 10));
  events.emit('unread', 1);
  leave();
  events.emit('unread', 2);
  vi.unstubAllGlobals();
  expect(seen).toEqual([1, 10, 20]);
  expect(reported).toHaveBeenCalledTimes(2);
});
