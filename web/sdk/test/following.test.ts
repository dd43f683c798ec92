import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from './support/clock.ts';
import { Page } from './support/page.ts';
import { AGENT, CONVERSATION, FakeServer } from './support/server.ts';

let clock: FakeClock;
let server: FakeServer;
const subscriptions = () => server.frames.filter((frame) => frame.type === 'subscribe');

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
});

async function openPage(): Promise<Page> {
  const page = new Page(server);
  await clock.advance(100);
  return page;
}

describe('around a conversation', () => {
  const session = (id: string, change = {}) => ({
    id, status: 'active', started_at: `2026-01-15T09:0${id}:00Z`, last_activity_at: `2026-01-15T09:0${id}:00Z`, ended_at: null, ended_by: null, first_seq: null, last_seq: null, ...change,
  });
  const over = { status: 'closed', ended_at: '2026-01-15T10:00:00Z' };
  const tell = (event: string, data: unknown) => server.push({ type: 'conversation', conversation_id: CONVERSATION, event, data } as never);

  test('a session that has ended stays ended, whatever comes late', async () => {
    const page = await openPage();
    const seen = async (event: string, data: unknown) => {
      tell(event, data);
      await clock.advance(100);
      return [page.store.session.value?.id, page.store.session.value?.status];
    };
    expect(await seen('session_opened', session('1'))).toEqual(['1', 'active']);
    expect(await seen('session_closed', session('1', over))).toEqual(['1', 'closed']);
    expect(await seen('session_opened', session('1'))).toEqual(['1', 'closed']);
    expect(await seen('session_opened', session('2'))).toEqual(['2', 'active']);
    expect(await seen('session_closed', session('1', over))).toEqual(['2', 'active']);
    expect(await seen('session_timeout', session('2', { ...over, status: 'timeout' }))).toEqual(['2', 'timeout']);
    expect(await seen('invented_later', {})).toEqual(['2', 'timeout']);
  });

  test('the place in the queue is forgotten when it is taken, and when it must be told anew', async () => {
    const page = await openPage();
    const queue = async (position: number) => {
      tell('queue_position', { position, estimated_wait_s: null });
      await clock.advance(100);
      return page.store.queue.value;
    };
    expect(await queue(2)).toEqual({ position: 2, estimated_wait_s: null });
    expect(await queue(0)).toBeNull();
    await queue(1);
    server.cut();
    await clock.advance(5_000);
    expect(page.store.phase.value).toBe('live');
    expect(page.store.queue.value).toBeNull();
  });

  test('who joins is known with their marks', async () => {
    const page = await openPage();
    server.participants.push({ ...server.participants[0]!, id: 'new', type: 'agent', name: 'Noé' });
    tell('participant_joined', server.participants.at(-1));
    await clock.advance(100);
    expect(page.store.participants.value.map(({ name }) => name)).toContain('Noé');
  });
});

describe('following the log', () => {
  test('the last 50 messages come first, older ones a page at a time', async () => {
    for (let n = 1; n <= 120; n += 1) server.agentSays(`${n}`);
    const page = await openPage();
    expect(page.contents).toEqual(Array.from({ length: 50 }, (_, i) => `${71 + i}`));
    expect(page.store.hasOlder.value).toBe(true);
    await page.store.loadOlder();
    expect(page.contents[0]).toBe('21');
    await page.store.loadOlder();
    expect(page.contents).toHaveLength(120);
    expect(page.store.hasOlder.value).toBe(false);
  });

  test('an old message that is edited while there is no socket leaves no hole in the pages before it', async () => {
    for (let n = 1; n <= 120; n += 1) server.agentSays(`${n}`);
    const page = await openPage();
    server.refuseConnections = true;
    server.cut();
    await clock.advance(60_000);
    expect(page.realtime.transport.value).toBe('rest');
    server.edit('m3', 'trois');
    server.agentSays('121');
    await clock.advance(10_000);
    expect(page.contents).toEqual(Array.from({ length: 51 }, (_, i) => `${71 + i}`));
    await page.store.loadOlder();
    await page.store.loadOlder();
    expect(page.contents).toEqual(Array.from({ length: 121 }, (_, i) => (i === 2 ? 'trois' : `${i + 1}`)));
  });

  test('what was missed while away is replayed from the position reached', async () => {
    const page = await openPage();
    server.agentSays('1');
    await clock.advance(100);
    server.cut();
    server.agentSays('2');
    server.agentSays('3');
    await clock.advance(5_000);
    expect(page.contents).toEqual(['1', '2', '3']);
    expect(subscriptions().at(-1)).toMatchObject({ epoch: 'epoch-1', after_seq: 1 });
  });

  test('an entry above the next one is not applied but asked for', async () => {
    const page = await openPage();
    server.agentSays('1');
    await clock.advance(100);
    server.losePush = () => true;
    server.agentSays('2');
    server.losePush = () => false;
    server.agentSays('3');
    await clock.advance(6);
    expect(page.contents).toEqual(['1']);
    await clock.advance(100);
    expect(page.contents).toEqual(['1', '2', '3']);
    expect(subscriptions()).toHaveLength(2);
  });

  test('an entry that was applied before is dropped', async () => {
    const page = await openPage();
    server.repeatPush = () => true;
    server.agentSays('1');
    server.agentSays('2');
    await clock.advance(100);
    expect(page.contents).toEqual(['1', '2']);
    expect(subscriptions()).toHaveLength(1);
  });

  test('an own message acked above a gap is shown as sent, in its place once the gap is filled', async () => {
    const page = await openPage();
    server.losePush = () => true;
    server.agentSays('manquant');
    server.losePush = () => false;
    page.store.send('réponse');
    for (let ms = 0; ms < 200; ms += 1) {
      await clock.advance(1);
      expect(page.contents).toContain('réponse');
    }
    expect(page.contents).toEqual(['manquant', 'réponse']);
    expect(page.states).toEqual(['sent', 'sent']);
  });

  test('a new epoch drops what is held and takes the last messages', async () => {
    const page = await openPage();
    server.agentSays('ancien monde');
    await clock.advance(100);
    server.cut();
    server.entries.length = 0;
    server.messages.clear();
    server.epoch = 'epoch-2';
    server.agentSays('nouveau monde');
    await clock.advance(5_000);
    expect(page.contents).toEqual(['nouveau monde']);
    expect(page.store.phase.value).toBe('live');
  });

  test('knowing more than the server is a reset too', async () => {
    const page = await openPage();
    server.agentSays('1');
    server.agentSays('2');
    await clock.advance(100);
    server.cut();
    server.messages.delete(server.entries.pop()!.id);
    await clock.advance(5_000);
    expect(page.contents).toEqual(['1']);
  });

  test('an edit takes its place in the log and changes the message', async () => {
    const page = await openPage();
    const { id } = server.agentSays('faute');
    await clock.advance(100);
    server.edit(id, 'correction');
    server.agentSays('suite');
    await clock.advance(100);
    expect(page.store.messages.value).toMatchObject([{ content: 'correction', edited: true }, { content: 'suite' }]);
    expect(subscriptions()).toHaveLength(1);
  });

  test('a deletion takes its place in the log and leaves a tombstone, also where it is replayed', async () => {
    const page = await openPage();
    const { id } = server.agentSays('de trop');
    await clock.advance(100);
    server.remove(id);
    server.agentSays('suite');
    await clock.advance(100);
    const left = [{ content: '', deleted: true }, { content: 'suite', deleted: false }];
    expect(page.store.messages.value).toMatchObject(left);
    expect(subscriptions()).toHaveLength(1);
    expect(page.store.unread.value).toBe(1);
    expect((await openPage()).store.messages.value).toMatchObject(left);
  });

  test('a conversation that may not be seen is refused and not asked for again', async () => {
    const page = await openPage();
    server.connections.at(-1)!.say({ type: 'unsubscribed', conversation_id: CONVERSATION, reason: 'forbidden' });
    await clock.advance(60_000);
    expect(page.store.phase.value).toBe('refused');
    expect(subscriptions()).toHaveLength(1);
  });
});

describe('leaving and coming back', () => {
  test('the answer to a leaving does not refuse the coming back', async () => {
    const page = await openPage();
    server.agentSays('1');
    await clock.advance(100);
    page.conversations.close(CONVERSATION);
    await clock.advance(1);
    const again = page.conversations.open(CONVERSATION);
    const phases: string[] = [];
    const stop = again.phase.subscribe((phase) => phases.push(phase));
    await clock.advance(1_000);
    stop();
    expect(server.frames.map((frame) => frame.type)).toContain('unsubscribe');
    expect(phases).toEqual(['loading', 'live']);
    server.agentSays('2');
    await clock.advance(100);
    expect(again.messages.value.map((message) => message.content)).toEqual(['1', '2']);
  });

  test('a refusal while asking leaves the connection as it is', async () => {
    const page = new Page(server);
    server.forbids = true;
    await clock.advance(60_000);
    expect(page.store.phase.value).toBe('refused');
    expect(server.connections).toHaveLength(1);
  });
});

describe('marks and signs', () => {
  test('delivered and read follow the other side’s marks', async () => {
    const page = await openPage();
    page.store.send('A');
    page.store.send('B');
    await clock.advance(500);
    const receipt = { type: 'receipt', conversation_id: CONVERSATION, participant_id: AGENT.id } as const;
    server.push({ ...receipt, delivered_seq: 2, read_seq: 1, read_at: null });
    await clock.advance(100);
    expect(page.states).toEqual(['read', 'delivered']);
    server.push({ ...receipt, delivered_seq: 1, read_seq: 0, read_at: null });
    await clock.advance(100);
    expect(page.states).toEqual(['read', 'delivered']);
  });

  test('messages are reported as delivered when they come, and as read when the page says so', async () => {
    const page = await openPage();
    server.agentSays('1');
    server.agentSays('2');
    await clock.advance(500);
    expect(page.store.unread.value).toBe(2);
    expect(server.frames.filter((frame) => frame.type === 'delivered')).toEqual([{ type: 'delivered', conversation_id: CONVERSATION, seq: 2 }]);
    expect(server.frames.filter((frame) => frame.type === 'read')).toEqual([]);
    page.store.markRead();
    page.store.markRead();
    await clock.advance(100);
    expect(page.store.unread.value).toBe(0);
    expect(server.frames.filter((frame) => frame.type === 'read')).toEqual([{ type: 'read', conversation_id: CONVERSATION, seq: 2 }]);
  });

  test('a read mark set without a connection is told later', async () => {
    const page = await openPage();
    server.agentSays('1');
    await clock.advance(100);
    server.cut();
    page.store.markRead();
    await clock.advance(5_000);
    expect(server.participants[0]!.read_seq).toBe(1);
  });

  test('a mark that was lost with its connection is told again', async () => {
    const page = await openPage();
    server.agentSays('1');
    server.losesMarks = true;
    await clock.advance(500);
    expect(server.frames.filter((frame) => frame.type === 'delivered')).toHaveLength(1);
    server.losesMarks = false;
    server.cut();
    await clock.advance(5_000);
    expect(server.participants[0]).toMatchObject({ delivered_seq: 1, read_seq: 0 });
    page.store.markRead();
    server.cut();
    await clock.advance(5_000);
    expect(server.participants[0]!.read_seq).toBe(1);
  });

  test('a mark that a subscription does not know of is told again on the same connection', async () => {
    const page = await openPage();
    server.agentSays('1');
    await clock.advance(500);
    server.losesMarks = true;
    page.store.markRead();
    await clock.advance(100);
    server.losesMarks = false;
    page.realtime.subscribe(CONVERSATION);
    await clock.advance(100);
    expect(server.participants[0]!.read_seq).toBe(1);
    expect(page.store.unread.value).toBe(0);
  });

  test('typing of the other side ends by itself after 5 s, and with their message at once', async () => {
    const page = await openPage();
    const typing = { type: 'typing', conversation_id: CONVERSATION, participant_id: AGENT.id, name: AGENT.name, is_typing: true } as const;
    server.push(typing);
    await clock.advance(4_900);
    expect(page.store.typing.value).toEqual([AGENT]);
    await clock.advance(200);
    expect(page.store.typing.value).toEqual([]);
    server.push(typing);
    server.agentSays('voilà');
    await clock.advance(100);
    expect(page.store.typing.value).toEqual([]);
  });

  test('own typing is told at most every three seconds and ends with a pause', async () => {
    const page = await openPage();
    for (let stroke = 1; stroke <= 10; stroke += 1) {
      page.store.setDraft('x'.repeat(stroke));
      await clock.advance(400);
    }
    await clock.advance(6_000);
    expect(server.frames.filter((frame) => frame.type === 'typing').map((frame) => frame.is_typing)).toEqual([true, true, false]);
  });

  test('typing again right after a message waits until the server passes a sign on', async () => {
    const page = await openPage();
    const told: [number, boolean][] = [];
    const look = async (ms: number) => {
      const before = server.frames.length;
      await clock.advance(ms);
      for (const frame of server.frames.slice(before)) if (frame.type === 'typing') told.push([clock.now(), frame.is_typing]);
    };
    page.store.setDraft('Bonjour');
    await look(50);
    page.store.send('Bonjour');
    page.store.setDraft('');
    await look(200);
    page.store.setDraft('Je');
    for (let step = 0; step < 30; step += 1) await look(50);
    expect(told.map(([, isTyping]) => isTyping)).toEqual([true, true]);
    expect(told[1]![0] - told[0]![0]).toBeGreaterThan(1_000);
    page.store.setDraft('');
    await look(2_000);
    page.store.setDraft('x');
    page.store.setDraft('');
    await look(5_000);
    expect(told.map(([, isTyping]) => isTyping)).toEqual([true, true, false, true, false]);
  });

  test('presence of a participant is followed', async () => {
    const page = await openPage();
    server.push({ type: 'presence', participant_id: AGENT.id, online: false });
    await clock.advance(100);
    expect(page.store.participants.value.find((person) => person.id === AGENT.id)?.online).toBe(false);
  });
});
