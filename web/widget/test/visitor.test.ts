// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError, memoryStore } from '@guichet/sdk';
import { problemOfEmail } from '../src/panel/ask.tsx';
import { Memory } from '../src/visitor/records.ts';
import { Visitor } from '../src/visitor/visitor.ts';

const asked: { path: string; body: Record<string, unknown>; key: string | null }[] = [];
let answer: () => Response;
const request = { number: 'TICKET-20260115-001', subject: 'Bonjour', created_at: '2026-01-15T09:00:00Z', conversation_id: 'c1', version: 1, status: 'open', last_message: null };
const opened = () => new Response(JSON.stringify({ conversation: { id: 'c1' }, support_request: request, access_token: 'guest-1' }), { status: 201 });

class NoSocket {
  close(): void {}
}

beforeEach(() => {
  asked.length = 0;
  answer = opened;
  vi.stubGlobal('WebSocket', NoSocket);
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = new URL(url).pathname;
    if (path !== '/api/v1/public/conversations') return new Response(JSON.stringify({ support_request: request, timeline: [] }));
    asked.push({ path, body: JSON.parse(String(init.body)) as Record<string, unknown>, key: new Headers(init.headers).get('idempotency-key') });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

const visitorOf = (storage = memoryStore()) => new Visitor({ organization: 'demo', origin: 'http://server.test', language: () => 'fr', storage });

test('a question opens a conversation that is remembered, and leaves the draft empty', async () => {
  const storage = memoryStore();
  const visitor = visitorOf(storage);
  visitor.write('Bonjour');
  await visitor.ask('Bonjour', { name: '', email: 'helene@exemple.fr' }, 'Visiteur');
  expect(asked[0]!.body).toMatchObject({ organization: 'demo', name: 'helene', email: 'helene@exemple.fr', content: 'Bonjour' });
  expect(visitor.question.text.value).toBe('');
  expect(visitor.line.value?.record).toMatchObject({ id: 'c1', token: 'guest-1', number: 'TICKET-20260115-001' });
  const later = visitorOf(storage);
  expect(later.line.value?.record.id).toBe('c1');
  expect(later.memory.person.value).toMatchObject({ email: 'helene@exemple.fr' });
  visitor.forget('c1');
  later.forget('c1');
});

test('a question that was not answered is kept, and is the same question when sent again', async () => {
  const storage = memoryStore();
  const visitor = visitorOf(storage);
  visitor.write('Bonjour');
  answer = () => {
    throw new TypeError('network');
  };
  await expect(visitor.ask('Bonjour', {}, 'Visiteur')).rejects.toBeInstanceOf(ApiError);
  const afterReload = visitorOf(storage);
  expect(afterReload.question.text.value).toBe('Bonjour');
  answer = opened;
  await afterReload.ask('Bonjour', {}, 'Visiteur');
  expect(asked[1]!.key).toBe(asked[0]!.key);
  expect(asked[0]!.body).toMatchObject({ name: 'Visiteur' });
  afterReload.forget('c1');
});

test('a question that was changed is another one', async () => {
  const visitor = visitorOf();
  answer = () => {
    throw new TypeError('network');
  };
  await expect(visitor.ask('Bonjour', {}, 'Visiteur')).rejects.toBeInstanceOf(ApiError);
  visitor.write('Bonsoir');
  await expect(visitor.ask('Bonsoir', {}, 'Visiteur')).rejects.toBeInstanceOf(ApiError);
  expect(asked[1]!.key).not.toBe(asked[0]!.key);
});

test('what the page knows of the visitor goes with the question', async () => {
  const visitor = visitorOf();
  visitor.identify({ name: 'Hélène', email: 'h@exemple.fr', context: { order_id: '42' }, metadata: { plan: 'pro' } });
  await visitor.ask('Bonjour', {}, 'Visiteur');
  expect(asked[0]!.body).toMatchObject({ name: 'Hélène', email: 'h@exemple.fr', context: { order_id: '42' }, metadata: { plan: 'pro', page: expect.any(String) } });
  visitor.forget('c1');
});

test('a memory that another script wrote over is empty, not broken', () => {
  const storage = memoryStore(new Map([['guichet:demo:conversations', '{"x":1}'], ['guichet:demo:person', 'nonsense']]));
  const memory = new Memory(storage, 'demo');
  expect(memory.records.value).toEqual([]);
  expect(memory.person.value).toEqual({});
});

test.each([
  ['', 'ask.email_missing'],
  ['helene', 'ask.email_at'],
  ['@exemple.fr', 'ask.email_at'],
  ['helene@exemple', 'ask.email_end'],
  ['helene@exemple.', 'ask.email_end'],
  ['helene@exemple.f', 'ask.email_end'],
  [' helene@exemple.fr ', null],
  ['h+shop@sous.domaine.exemple.fr', null],
])('the address “%s”', (address, problem) => {
  expect(problemOfEmail(address)).toBe(problem);
});
