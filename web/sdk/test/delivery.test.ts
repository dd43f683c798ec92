import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from './support/clock.ts';
import { Device, Page } from './support/page.ts';
import { FakeServer } from './support/server.ts';

let clock: FakeClock;
let server: FakeServer;
const sends = () => server.frames.filter((frame) => frame.type === 'send');
const logged = () => server.entries.map((entry) => server.messages.get(entry.id)!.content);

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
});

async function openPage(device?: Device): Promise<Page> {
  const page = new Page(server, device);
  await clock.advance(100);
  expect(page.store.phase.value).toBe('live');
  return page;
}

describe('sending', () => {
  test('a message is pending until its ack and sent after it, as the same element', async () => {
    const page = await openPage();
    page.store.send('Bonjour');
    const [before] = page.store.messages.value;
    expect(before).toMatchObject({ state: 'pending', seq: null, mine: true });
    await clock.advance(100);
    expect(page.store.messages.value).toMatchObject([{ state: 'sent', seq: 1, key: before!.key }]);
  });

  test('a lost ack is found out by reconnecting, and nothing is sent twice to the person', async () => {
    const page = await openPage();
    server.treat = (_frame, attempt) => (attempt === 1 ? 'lose_ack' : 'ack');
    page.store.send('Une fois');
    await clock.advance(5_000);
    expect(logged()).toEqual(['Une fois']);
    expect(page.contents).toEqual(['Une fois']);
    expect(page.states).toEqual(['sent']);
    // The replay told what became of it; nothing had to be sent again.
    expect(sends()).toHaveLength(1);
  });

  test('a send without an answer is given up after 10 s and sent again with the same id', async () => {
    const page = await openPage();
    server.treat = (_frame, attempt) => (attempt === 1 ? 'silence' : 'ack');
    page.store.send('Vous m’entendez ?');
    await clock.advance(9_900);
    expect(page.states).toEqual(['pending']);
    await clock.advance(5_000);
    expect(page.states).toEqual(['sent']);
    expect(new Set(sends().map((frame) => frame.client_message_id)).size).toBe(1);
    expect(sends().length).toBe(2);
  });

  test('a second ack for the same message changes nothing', async () => {
    const page = await openPage();
    server.treat = () => 'ack_twice';
    page.store.send('A');
    page.store.send('B');
    await clock.advance(1_000);
    expect(page.contents).toEqual(['A', 'B']);
    expect(page.states).toEqual(['sent', 'sent']);
  });

  test('messages written while the connection is cut arrive once, in order', async () => {
    const page = await openPage();
    page.store.send('1');
    server.cut();
    page.store.send('2');
    page.store.send('3');
    expect(page.states).toEqual(['pending', 'pending', 'pending']);
    await clock.advance(5_000);
    expect(logged()).toEqual(['1', '2', '3']);
    expect(page.states).toEqual(['sent', 'sent', 'sent']);
  });

  test('a retryable nack holds later messages back until the first one is through', async () => {
    const page = await openPage();
    server.treat = (frame, attempt) => (frame.content === 'A' && attempt < 3 ? { nack: 'unavailable', retry: true, retryAfterMs: 2_000 } : 'ack');
    page.store.send('A');
    page.store.send('B');
    await clock.advance(1_900);
    expect(page.states).toEqual(['pending', 'pending']);
    await clock.advance(5_000);
    expect(logged()).toEqual(['A', 'B']);
    expect(sends().map((frame) => frame.content)).toEqual(['A', 'A', 'A', 'B']);
  });

  test('an unknown outcome that was committed is resolved by the retry', async () => {
    const page = await openPage();
    server.treat = (_frame, attempt) => (attempt === 1 ? { nack: 'unknown', retry: true, committed: true } : 'ack');
    page.store.send('Peut-être');
    await clock.advance(5_000);
    expect(logged()).toEqual(['Peut-être']);
    expect(page.states).toEqual(['sent']);
  });

  test('prior_failed is answered by sending again', async () => {
    const page = await openPage();
    server.treat = (_frame, attempt) => (attempt === 1 ? { nack: 'prior_failed', retry: true } : 'ack');
    page.store.send('A');
    await clock.advance(5_000);
    expect(page.states).toEqual(['sent']);
  });

  test('a refusal for good shows the message as failed and lets later ones go on', async () => {
    const page = await openPage();
    server.treat = (frame, attempt) => (frame.content === 'A' && attempt === 1 ? { nack: 'message.refused', retry: false } : 'ack');
    page.store.send('A');
    page.store.send('B');
    await clock.advance(1_000);
    expect(page.store.messages.value).toMatchObject([
      { content: 'B', state: 'sent' },
      { content: 'A', state: 'failed', error: { code: 'message.refused', message: 'Non' } },
    ]);
    const { key } = page.store.messages.value[1]!;
    page.store.retry(key);
    await clock.advance(1_000);
    expect(page.store.messages.value).toMatchObject([{ content: 'B' }, { content: 'A', state: 'sent', key }]);
    expect(sends().filter((frame) => frame.content === 'A').map((frame) => frame.client_message_id)).toEqual([key, key]);
  });

  test('giving up a message that holds the others back tells the server', async () => {
    const page = await openPage();
    server.treat = (frame) => (frame.content === 'A' ? { nack: 'unavailable', retry: true, retryAfterMs: 60_000 } : 'ack');
    page.store.send('A');
    page.store.send('B');
    await clock.advance(1_000);
    const { key } = page.store.messages.value[0]!;
    expect(page.store.discard(key)).toBe('A');
    await clock.advance(1_000);
    expect(server.frames).toContainEqual({ type: 'abandon', conversation_id: page.store.id, client_message_id: key });
    expect(logged()).toEqual(['B']);
  });

  test('a message on its way cannot be taken back', async () => {
    const page = await openPage();
    page.store.send('A');
    expect(page.store.discard(page.store.messages.value[0]!.key)).toBeUndefined();
    await clock.advance(100);
    expect(page.states).toEqual(['sent']);
  });

  test('a message above the frame limit fails here and never reaches the socket', async () => {
    const page = await openPage();
    server.connections.at(-1)!.say({ type: 'welcome', connection_id: 'c', user: { id: 'visitor', name: 'H', role: 'guest' }, epoch: server.epoch, heartbeat_ms: 25_000, max_frame_bytes: 400 });
    await clock.advance(100);
    page.store.send('é'.repeat(300));
    page.store.send('court');
    await clock.advance(100);
    expect(page.store.messages.value).toMatchObject([{ content: 'court', state: 'sent' }, { state: 'failed', error: { code: 'too_long' } }]);
    expect(sends()).toHaveLength(1);
  });

  test('blank and overlong text is refused before it is queued', async () => {
    const page = await openPage();
    expect(page.store.send(' \n')).toBe(false);
    expect(page.store.send('x'.repeat(5_001))).toBe(false);
    expect(page.store.messages.value).toEqual([]);
  });
});

test('half a surrogate pair and NUL are not sent as they are', async () => {
  const page = await openPage();
  page.store.send('a\uD83Db\0c😀');
  await clock.advance(100);
  expect(logged()).toEqual(['a\uFFFDbc😀']);
});

describe('over a reload', () => {
  test('what was not acked is sent again with its id, without doubling what the server kept', async () => {
    const device = new Device();
    const first = await openPage(device);
    server.treat = () => 'lose_ack';
    first.store.send('Gardé');
    await clock.advance(20);
    first.store.send('Pas parti');
    const ids = first.store.messages.value.map((message) => message.key);
    first.close();
    server.treat = () => 'ack';
    const second = await openPage(device);
    await clock.advance(1_000);
    expect(logged()).toEqual(['Gardé', 'Pas parti']);
    expect(second.states).toEqual(['sent', 'sent']);
    expect(second.store.messages.value.map((message) => message.key)).toEqual(ids);
    expect(device.disk.size).toBe(0);
  });

  test('a failed message and a draft come back', async () => {
    const device = new Device();
    const first = await openPage(device);
    server.treat = () => ({ nack: 'closed', retry: false });
    first.store.send('Trop tard');
    first.store.setDraft('à finir');
    await clock.advance(100);
    first.close();
    const second = await openPage(device);
    expect(second.store.messages.value).toMatchObject([{ content: 'Trop tard', state: 'failed', error: { code: 'closed' } }]);
    expect(second.store.draft.value).toBe('à finir');
  });

  test('a living tab keeps what it has to send; another takes it over when it ends', async () => {
    const device = new Device();
    server.treat = () => 'silence';
    const first = await openPage(device);
    first.store.send('Du premier onglet');
    await clock.advance(50);
    const second = await openPage(device);
    server.treat = () => 'ack';
    await clock.advance(100);
    expect(second.store.messages.value).toEqual([]);
    for (const heard of device.watchers) heard(null);
    first.close();
    await clock.advance(6_000);
    expect(logged()).toEqual(['Du premier onglet']);
    expect(second.states).toEqual(['sent']);
  });

  test('a conversation nobody opens still sends what was left', async () => {
    const device = new Device();
    const first = await openPage(device);
    server.treat = () => 'silence';
    first.store.send('Oublié');
    first.close();
    server.treat = () => 'ack';
    const second = new Page(server, device);
    second.conversations.close(second.store.id);
    await clock.advance(1_000);
    expect(logged()).toEqual(['Oublié']);
  });

  test('an answer that comes after the page has gone writes nothing of its back to the disk', async () => {
    const device = new Device();
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let posted = 0;
    const answering = server.fetch();
    const slow: typeof fetch = async (input, init) => {
      const response = await answering(input, init);
      if (init?.method === 'POST') {
        posted += 1;
        await answered;
      }
      return response;
    };
    server.refuseConnections = true;
    const page = new Page(server, device, () => 0.5, slow);
    await clock.advance(30_000);
    expect(page.realtime.transport.value).toBe('rest');
    page.store.send('un');
    page.store.send('deux');
    await clock.advance(1_000);
    expect(posted).toBe(1);
    page.close();

    server.refuseConnections = false;
    const next = new Page(server, device);
    await clock.advance(10_000);
    expect(next.states).toEqual(['sent', 'sent']);
    answer();
    await clock.advance(1_000);
    expect([...device.disk.keys()]).toEqual([]);
    expect(logged()).toEqual(['un', 'deux']);
  });
});
