import { beforeEach, describe, expect, test } from 'vitest';
import { GuestTokens } from '../src/api/session.ts';
import { Backoff } from '../src/realtime/backoff.ts';
import { RealtimeClient } from '../src/realtime/client.ts';
import { FakeClock } from './support/clock.ts';
import { FakeNetwork, Page } from './support/page.ts';
import { FakeServer } from './support/server.ts';

let clock: FakeClock;
let server: FakeServer;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
});

async function openPage(): Promise<Page> {
  const page = new Page(server);
  await clock.advance(100);
  return page;
}

test('backoff doubles up to its cap, with full jitter', () => {
  const most = new Backoff(() => 0.9999);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => Math.round(most.next() / 1000))).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(new Backoff(() => 0).next()).toBe(0);
});

describe('the connection', () => {
  test('is connecting, online, then reconnecting when lost', async () => {
    const page = new Page(server);
    expect(page.realtime.state.value).toBe('connecting');
    await clock.advance(100);
    expect(page.realtime.state.value).toBe('online');
    server.refuseConnections = true;
    server.cut();
    expect(page.realtime.state.value).toBe('reconnecting');
    expect(page.realtime.retryAt.value).toBeGreaterThan(clock.now());
  });

  test('says offline when the device has no network, and comes back at once with it', async () => {
    const page = await openPage();
    page.network.online = false;
    server.refuseConnections = true;
    server.cut();
    expect(page.realtime.state.value).toBe('offline');
    await clock.advance(100_000);
    server.refuseConnections = false;
    page.network.say('online');
    await clock.advance(50);
    expect(page.realtime.state.value).toBe('online');
  });

  test('waits as long as a stopping server asks', async () => {
    const page = await openPage();
    server.open[0]!.say({ type: 'bye', reason: 'restart', retry_after_ms: 7_000 });
    server.open[0]!.close(1012);
    await clock.advance(6_900);
    expect(server.connections).toHaveLength(1);
    await clock.advance(300);
    expect(page.realtime.state.value).toBe('online');
  });

  test.each([1012, 1006, 1001, 4010, 4011])('comes back after close code %i', async (code) => {
    const page = await openPage();
    server.cut(code);
    await clock.advance(5_000);
    expect(page.realtime.state.value).toBe('online');
  });

  test('does not come back after 4040 until it is asked to', async () => {
    const page = await openPage();
    server.cut(4040);
    await clock.advance(300_000);
    expect(server.connections).toHaveLength(1);
    expect(page.realtime.state.value).toBe('offline');
    page.realtime.retryNow();
    await clock.advance(100);
    expect(page.realtime.state.value).toBe('online');
  });

  test('waits at least ten seconds when it was too fast', async () => {
    await openPage();
    server.cut(4008);
    await clock.advance(9_900);
    expect(server.connections).toHaveLength(1);
    await clock.advance(10_200);
    expect(server.open).toHaveLength(1);
  });

  test('a frame the server finds too big fails, and the rest goes on', async () => {
    const page = await openPage();
    server.treat = (frame) => {
      if (frame.content === 'gros') server.open[0]!.cut(4009);
      return 'silence';
    };
    page.store.send('gros');
    await clock.advance(50);
    server.treat = () => 'ack';
    page.store.send('petit');
    await clock.advance(5_000);
    expect(page.store.messages.value).toMatchObject([{ content: 'petit', state: 'sent' }, { content: 'gros', state: 'failed', error: { code: 'too_long' } }]);
  });

  test('an ended token is renewed and the connection resumed', async () => {
    const page = await openPage();
    server.validTokens = new Set(['token-2']);
    server.cut(4003);
    await clock.advance(1_000);
    expect(page.tokens.renewals).toBe(1);
    expect(page.realtime.state.value).toBe('online');
    expect(server.open[0]!.tokens).toEqual(['token-2']);
  });

  test('a token that cannot be renewed signs the person out', async () => {
    const page = await openPage();
    page.tokens.next = () => null;
    server.cut(4003);
    await clock.advance(60_000);
    expect(page.realtime.state.value).toBe('signed_out');
    expect(server.connections).toHaveLength(1);
    page.tokens.set('token-1');
    await clock.advance(100);
    expect(page.realtime.state.value).toBe('online');
  });

  test('fresh tokens that are refused again and again are presented seldom, and conversations go by REST', async () => {
    const page = await openPage();
    server.validTokens.clear();
    server.refusal = 4001;
    server.cut(4001);
    await clock.advance(60_000);
    expect(server.connections.length).toBeLessThanOrEqual(4);
    expect(page.realtime.transport.value).toBe('rest');
    page.store.send('par la poste');
    await clock.advance(10_000);
    expect(page.states).toEqual(['sent']);
    await clock.advance(600_000);
    expect(server.connections.length).toBeLessThanOrEqual(14);
  });

  test('a part that was down for long ends nothing for good', async () => {
    const page = await openPage();
    const valid = server.validTokens;
    server.validTokens = new Set();
    server.refusal = 4001;
    server.cut(4001);
    await clock.advance(300_000);
    page.tokens.next = () => 'token-1';
    server.validTokens = valid;
    await clock.advance(180_000);
    expect(page.realtime.state.value).toBe('online');
    expect(page.realtime.transport.value).toBe('socket');
  });

  test('whoever tries again by hand is not held back by the refusals before', async () => {
    const page = await openPage();
    server.validTokens.clear();
    server.refusal = 4001;
    server.cut(4001);
    await clock.advance(60_000);
    const before = server.connections.length;
    page.realtime.retryNow();
    await clock.advance(20_000);
    expect(server.connections.length - before).toBe(3);
  });

  test('a guest’s token is not thrown away by a socket that was not let in, only by the server’s word that it ended', async () => {
    const tokens = new GuestTokens('token-1');
    const realtime = new RealtimeClient({ url: 'ws://server.test', tokens, socket: server.socket, clock, random: () => 0.5, network: new FakeNetwork() });
    server.validTokens.clear();
    server.refusal = 4001;
    realtime.start();
    await clock.advance(300_000);
    expect(realtime.state.value).not.toBe('signed_out');
    server.validTokens.add('token-1');
    await clock.advance(180_000);
    expect(realtime.state.value).toBe('online');
    server.cut(4003);
    await clock.advance(10_000);
    expect(realtime.state.value).toBe('signed_out');
    realtime.stop();
  });

  test('a token renewed in time is presented on the open socket', async () => {
    const page = await openPage();
    server.validTokens.add('token-2');
    page.tokens.set('token-2');
    await clock.advance(100);
    expect(server.connections).toHaveLength(1);
    expect(server.open[0]!.tokens).toEqual(['token-1', 'token-2']);
  });

  test('silence is broken by a ping, and a dead connection replaced', async () => {
    const page = await openPage();
    await clock.advance(120_000);
    expect(server.connections).toHaveLength(1);
    expect(server.frames.filter((frame) => frame.type === 'ping').length).toBeGreaterThanOrEqual(3);
    // Half open: nothing arrives, and no close is seen.
    server.open[0]!.say = () => {};
    await clock.advance(35_000 + 10_000 + 5_000);
    expect(server.connections).toHaveLength(2);
    expect(page.realtime.state.value).toBe('online');
  });

  test('after sleep a dead connection is found within seconds', async () => {
    const page = await openPage();
    server.open[0]!.say = () => {};
    page.network.say('wake');
    await clock.advance(4_500);
    expect(server.connections).toHaveLength(2);
    expect(page.realtime.state.value).toBe('online');
  });

  test('a server that never says welcome is given up after ten seconds', async () => {
    const page = new Page(server);
    server.connections[0]!.say = () => {};
    await clock.advance(12_000);
    expect(server.connections).toHaveLength(2);
    expect(page.realtime.state.value).toBe('online');
  });

  test('lists are told to fetch again after each reconnect', async () => {
    const page = await openPage();
    let resyncs = 0;
    page.realtime.on('resync', () => (resyncs += 1));
    server.cut();
    await clock.advance(5_000);
    expect(resyncs).toBe(1);
  });
});

describe('without sockets', () => {
  test('conversations go on over REST, and return to the socket when it works', async () => {
    server.refuseConnections = true;
    const page = new Page(server);
    server.agentSays('bonjour');
    await clock.advance(10_000);
    expect(page.realtime.transport.value).toBe('rest');
    expect(page.realtime.state.value).toBe('online');
    expect(page.contents).toEqual(['bonjour']);
    page.store.send('par REST');
    server.agentSays('reçu');
    await clock.advance(10_000);
    expect(page.contents).toEqual(['bonjour', 'reçu', 'par REST'].sort((a, b) => order(a) - order(b)));
    expect(page.states).toEqual(['sent', 'sent', 'sent']);
    server.refuseConnections = false;
    await clock.advance(40_000);
    expect(page.realtime.transport.value).toBe('socket');
    page.store.send('par socket');
    await clock.advance(1_000);
    expect(page.contents.at(-1)).toBe('par socket');
    expect(server.entries).toHaveLength(4);
  });

  const order = (content: string) => server.entries.findIndex((entry) => server.messages.get(entry.id)!.content === content);
});
