import { describe, expect, test } from 'vitest';
import { ApiClient } from '../src/api/client.ts';
import { ConversationsApi } from '../src/api/conversations.ts';
import { SupportRequestsApi } from '../src/api/support-requests.ts';
import { BrowserSession, GuestTokens } from '../src/api/session.ts';
import { ApiError } from '../src/errors.ts';
import { FakeClock } from './support/clock.ts';
import { FakeTokens } from './support/page.ts';

type Handler = (path: string, init: RequestInit) => Response | Promise<Response>;
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers });
const asFetch = (handler: Handler): typeof fetch => async (input, init) => handler(new URL(String(input)).pathname + new URL(String(input)).search, init ?? {});
const authorization = (init: RequestInit) => (init.headers as Record<string, string>).authorization;

function client(handler: Handler, tokens = new FakeTokens()) {
  const clock = new FakeClock();
  return { clock, tokens, api: new ApiClient({ origin: 'http://server.test', tokens, clock, random: () => 0.5, language: () => 'fr', fetch: asFetch(handler) }) };
}

describe('a call', () => {
  test('carries the token and the language, and leaves out what is not asked', async () => {
    const { api } = client((path, init) => json({ path, authorization: authorization(init), language: (init.headers as Record<string, string>)['accept-language'] }));
    expect(await api.get('/things', { query: { page: 2, q: undefined, status: null } })).toEqual({ path: '/api/v1/things?page=2', authorization: 'Bearer token-1', language: 'fr' });
  });

  test('that is refused rejects with the problem as the server words it', async () => {
    const problem = { status: 422, code: 'validation', title: 'Non', detail: 'Le sujet est trop court.', request_id: 'r1', errors: [{ field: 'subject', code: 'too_short', message: 'Trois lettres au moins.' }] };
    const { api } = client(() => json(problem, 422, { 'retry-after': '7' }));
    const error = await api.post('/things', {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'validation', status: 422, message: 'Le sujet est trop court.', requestId: 'r1', retryAfter: 7_000, errors: problem.errors, isNetwork: false });
  });

  test('answered by something else on the way still rejects with a code', async () => {
    const { api } = client(() => new Response('<html>Bad gateway</html>', { status: 502 }));
    await expect(api.get('/things')).rejects.toMatchObject({ code: 'http_502', status: 502, isTemporary: true });
    const { api: portal } = client(() => new Response('<html>Sign in to the hotel</html>'));
    await expect(portal.get('/things')).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('with an ended token is made again with a fresh one; many at a time ask for it once', async () => {
    const session = client((_path, init) => (authorization(init) === 'Bearer token-2' ? json({ ok: true }) : json({ code: 'unauthenticated' }, 401)));
    session.tokens.renew = (() => {
      let once: Promise<string | null> | undefined;
      return () => (once ??= FakeTokens.prototype.renew.call(session.tokens));
    })();
    const answers = await Promise.all([session.api.get('/a'), session.api.get('/b'), session.api.post('/c', {})]);
    expect(answers).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(session.tokens.renewals).toBe(1);
  });

  test('without an answer is asked twice more when that is safe, and never when it is not', async () => {
    let asked = 0;
    const { api, clock } = client(() => {
      asked += 1;
      throw new TypeError('network');
    });
    const get = api.get('/things').catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await get).toMatchObject({ code: 'network', status: 0, isNetwork: true });
    expect(asked).toBe(3);
    await expect(api.post('/things', {})).rejects.toMatchObject({ code: 'network' });
    expect(asked).toBe(4);
  });

  test('that creates something has one key for all its attempts, and another the next time', async () => {
    const keys: string[] = [];
    let lost = 0;
    const { api, clock } = client((_path, init) => {
      keys.push((init.headers as Record<string, string>)['idempotency-key']!);
      if (lost++ < 2) throw new TypeError('network');
      return json({ id: 'r1' }, 201);
    });
    const requests = new SupportRequestsApi(api);
    const opened = requests.open({ subject: 'Retard', description: '' });
    await clock.advance(5_000);
    expect(await opened).toEqual({ id: 'r1' });
    await requests.open({ subject: 'Retard', description: '' });
    await new ConversationsApi(api).open({ subject: 'Retard' }, 'kept-by-the-page');
    expect(keys).toHaveLength(5);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(keys[4]).toBe('kept-by-the-page');
  });

  test('whose earlier attempt has not ended is asked again when the server says', async () => {
    let asked = 0;
    const { api, clock } = client(() => {
      asked += 1;
      return asked === 1 ? json({ code: 'idempotency_running' }, 409, { 'retry-after': '1' }) : json({ id: 'r1' }, 201);
    });
    const opened = new SupportRequestsApi(api).open({ subject: 'Retard', description: '' });
    await clock.advance(999);
    expect(asked).toBe(1);
    await clock.advance(1);
    expect(await opened).toEqual({ id: 'r1' });
  });

  test('that takes too long counts as unanswered', async () => {
    const { api, clock } = client((_path, init) => new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))));
    const post = api.post('/things', {}).catch((error: unknown) => error);
    await clock.advance(20_100);
    expect(await post).toMatchObject({ code: 'network' });
  });
});

describe('a browser session', () => {
  const user = { id: 'u1', email: 'agent@demo.test', first_name: 'Nadia', last_name: 'Belkacem', role: 'agent', language: 'fr', organization_id: 'o1' };
  const answer = (token: string) => json({ access_token: token, token_type: 'Bearer', expires_in: 900, user });
  function session(handler: Handler) {
    const clock = new FakeClock();
    return { clock, session: new BrowserSession({ origin: 'http://server.test', clock, random: () => 0.5, fetch: asFetch(handler) }) };
  }

  test('is restored by the cookie, or is signed out', async () => {
    const { session: there } = session((path, init) => {
      expect(path).toBe('/api/v1/auth/refresh');
      expect((init.headers as Record<string, string>)['x-guichet-client']).toBe('browser');
      return answer('t1');
    });
    expect(await there.restore()).toEqual(user);
    expect(there.status.value).toBe('signed_in');
    const { session: gone } = session(() => json({ code: 'unauthenticated' }, 401));
    expect(await gone.restore()).toBeNull();
    expect(gone.status.value).toBe('signed_out');
  });

  test('is neither when nobody can be asked', async () => {
    const { session: cut, clock } = session(() => {
      throw new TypeError('network');
    });
    const restored = cut.restore().catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await restored).toMatchObject({ code: 'network' });
    expect(cut.status.value).toBe('restoring');
  });

  test('renews its token before it ends, again and again, and tells who listens', async () => {
    let issued = 0;
    const { session: mine, clock } = session(() => answer(`t${(issued += 1)}`));
    const heard: (string | null)[] = [];
    mine.subscribe((token) => heard.push(token));
    await mine.restore();
    await clock.advance(809_000);
    expect(heard).toEqual(['t1']);
    await clock.advance(2_000);
    expect(heard).toEqual(['t1', 't2']);
    await clock.advance(810_000);
    expect(mine.token()).toBe('t3');
    mine.dispose();
  });

  test('survives a refresh that nobody answers', async () => {
    let online = true;
    let issued = 0;
    const { session: mine, clock } = session(() => {
      if (!online) throw new TypeError('network');
      return answer(`t${(issued += 1)}`);
    });
    await mine.restore();
    online = false;
    await clock.advance(830_000);
    expect(mine.status.value).toBe('signed_in');
    online = true;
    await clock.advance(15_000);
    expect(mine.token()).toBe('t2');
    mine.dispose();
  });

  test('many calls with the same ended token refresh once', async () => {
    let issued = 0;
    const { session: mine } = session((path, init) => {
      if (path === '/api/v1/auth/refresh') return answer(`t${(issued += 1)}`);
      return authorization(init) === 'Bearer t2' ? json({ ok: true }) : json({ code: 'unauthenticated' }, 401);
    });
    await mine.restore();
    await Promise.all([mine.api.get('/a'), mine.api.get('/b'), mine.api.get('/c')]);
    expect(issued).toBe(2);
    mine.dispose();
  });

  test('ends here at sign-out, also when the server cannot be told', async () => {
    let online = true;
    const { session: mine, clock } = session(() => {
      if (!online) throw new TypeError('network');
      return answer('t1');
    });
    await mine.restore();
    online = false;
    const out = mine.logout().catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await out).toMatchObject({ code: 'network' });
    expect([mine.status.value, mine.token(), mine.user.value]).toEqual(['signed_out', null, null]);
  });
});

test('a guest’s token that is refused is gone, and listeners are told', async () => {
  const tokens = new GuestTokens('g1');
  const heard: (string | null)[] = [];
  tokens.subscribe((token) => heard.push(token));
  expect(await tokens.renew('another')).toBe('g1');
  expect(await tokens.renew('g1')).toBeNull();
  expect(heard).toEqual([null]);
});
