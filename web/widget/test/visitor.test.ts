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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('WebSocket', NoSocket);
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = new URL(url).pathname;
    if (path !== '/api/v1/public/conversations') return new Response(JSON.stringify({ support_request: request, timeline: [] }));
    asked.push({ path, body: JSON.parse(String(init.body)) as Record<string, unknown>, key: new Headers(init.headers).get('idempotency-key') });
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const visitorOf = (storage = memoryStore()) => new Visitor({ organization: 'demo', origin: 'http://server.test', language: () => 'fr', storage });

/** Awaits what pauses between its attempts, without pausing. */
async function patiently<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const end = () => (over = true);
  work.then(end, end);
  while (!over) await vi.advanceTimersByTimeAsync(50);
  return work;
}

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
  await expect(patiently(visitor.ask('Bonjour', {}, 'Visiteur'))).rejects.toBeInstanceOf(ApiError);
  const attempts = asked.length;
  expect(attempts).toBe(3);
  const afterReload = visitorOf(storage);
  expect(afterReload.question.text.value).toBe('Bonjour');
  answer = opened;
  // The visitor has gone on to another page meanwhile, which says something else of the visit.
  afterReload.identify({ metadata: { basket: 3 } });
  await afterReload.ask('Bonjour', {}, 'Visiteur');
  expect(asked).toHaveLength(attempts + 1);
  expect(asked.every((one) => one.key === asked[0]!.key && one.key!.length >= 16)).toBe(true);
  expect(asked.every((one) => JSON.stringify(one.body) === JSON.stringify(asked[0]!.body))).toBe(true);
  expect(asked[0]!.body).toMatchObject({ name: 'Visiteur' });
  afterReload.forget('c1');
});

test('a lost answer is asked for again at once, under the same key', async () => {
  const visitor = visitorOf();
  let lost = 0;
  answer = () => {
    if (lost++ === 0) throw new TypeError('network');
    return opened();
  };
  expect(await patiently(visitor.ask('Bonjour', {}, 'Visiteur'))).toMatchObject({ id: 'c1' });
  expect(asked).toHaveLength(2);
  expect(asked[1]).toEqual(asked[0]);
  visitor.forget('c1');
});

test('the same question of somebody else, or after an answer, is another one', async () => {
  const visitor = visitorOf();
  answer = () => {
    throw new TypeError('network');
  };
  await expect(patiently(visitor.ask('Bonjour', { email: 'a@exemple.fr' }, 'Visiteur'))).rejects.toBeInstanceOf(ApiError);
  const key = asked[0]!.key;
  answer = opened;
  await visitor.ask('Bonjour', { email: 'b@exemple.fr' }, 'Visiteur');
  expect(asked.at(-1)!.key).not.toBe(key);
  await visitor.ask('Bonjour', { email: 'b@exemple.fr' }, 'Visiteur');
  expect(asked.at(-1)!.key).not.toBe(asked.at(-2)!.key);
  visitor.forget('c1');
});

const refusal = (status: number, code: string) => () => new Response(JSON.stringify({ status, code }), { status });

test.each([
  [409, 'support_request.context_taken'],
  [422, 'validation_failed'],
  [401, 'unauthenticated'],
])('a question refused with %i (%s) is asked anew, with what the page says by then', async (status, code) => {
  const visitor = visitorOf();
  visitor.identify({ metadata: { basket: 'wrong' } });
  answer = refusal(status, code);
  await expect(visitor.ask('Bonjour', {}, 'Visiteur')).rejects.toMatchObject({ status, code });
  visitor.identify({ metadata: { basket: 3 } });
  answer = opened;
  await visitor.ask('Bonjour', {}, 'Visiteur');
  expect(asked).toHaveLength(2);
  expect(asked[1]!.body).toMatchObject({ metadata: { basket: 3 } });
  expect(asked[1]!.key).not.toBe(asked[0]!.key);
  visitor.forget('c1');
});

test.each([
  ['is still being carried out', refusal(409, 'idempotency_running')],
  ['came too fast', refusal(429, 'rate_limited')],
  ['met a server in trouble', refusal(503, 'unavailable')],
  ['got an answer that cannot be read', () => new Response('<html>', { status: 201 })],
])('a question that %s is the same when sent again', async (_, trouble) => {
  const visitor = visitorOf();
  answer = trouble;
  await expect(patiently(visitor.ask('Bonjour', {}, 'Visiteur'))).rejects.toBeInstanceOf(ApiError);
  answer = opened;
  await visitor.ask('Bonjour', {}, 'Visiteur');
  expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  visitor.forget('c1');
});

test('what another script wrote over a question that was sent is not sent', async () => {
  const storage = memoryStore(new Map([['guichet:draft:demo:question-asked', '{"key":5}']]));
  await visitorOf(storage).ask('Bonjour', {}, 'Visiteur');
  expect(asked[0]!.body).toMatchObject({ content: 'Bonjour' });
});

test('a question that was changed is another one', async () => {
  const visitor = visitorOf();
  answer = () => {
    throw new TypeError('network');
  };
  await expect(patiently(visitor.ask('Bonjour', {}, 'Visiteur'))).rejects.toBeInstanceOf(ApiError);
  visitor.write('Bonsoir');
  await expect(patiently(visitor.ask('Bonsoir', {}, 'Visiteur'))).rejects.toBeInstanceOf(ApiError);
  expect(asked.at(-1)!.key).not.toBe(asked[0]!.key);
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
