import { beforeEach, describe, expect, test } from 'vitest';
import { Links } from '../src/attachments/links.ts';
import { RequestFiles } from '../src/attachments/request-files.ts';
import { MAX_ATTACHMENT_BYTES, Uploads } from '../src/attachments/uploads.ts';
import type { Transfer } from '../src/attachments/transfer.ts';
import { FakeClock, settle } from './support/clock.ts';
import { Device, Page } from './support/page.ts';
import { FakeServer } from './support/server.ts';

let clock: FakeClock;
let server: FakeServer;
let device: Device;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer(clock);
  device = new Device();
});

/** A loaded page whose conversation takes files. */
class Desk extends Page {
  readonly uploads: Uploads;

  constructor(transfer: Transfer = server.transfer()) {
    super(server, device);
    const tab = device.tab();
    this.uploads = new Uploads({ conversation: this.store, api: this.api, scope: 'visitor', storage: device.store(), clock, random: () => 0.5, network: this.network, tab, transfer });
    this.#tab = tab;
  }

  readonly #tab;

  override close(): void {
    this.uploads.dispose();
    this.#tab.end();
    super.close();
  }

  override get states(): string[] {
    return this.uploads.items.value.map(({ state }) => state);
  }

  get problems(): (string | undefined)[] {
    return this.uploads.items.value.map(({ problem }) => problem?.code);
  }
}

async function open(transfer?: Transfer): Promise<Desk> {
  const desk = new Desk(transfer);
  await clock.advance(100);
  expect(desk.store.phase.value).toBe('live');
  return desk;
}

const file = (name: string, content = name) => new File([content], name, { type: 'text/plain', lastModified: 1 });
const sent = () => [...server.messages.values()].map(({ content, attachments }) => [content, ...attachments.map(({ file_name }) => file_name)]);

/** Uploads that end when the test says so. */
function held(): { transfer: Transfer; go: () => void } {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const real = server.transfer();
  return { transfer: async (request) => (await gate, real(request)), go };
}

describe('uploading', () => {
  test('a file is uploaded at once, and goes with the next message, which needs no words', async () => {
    const desk = await open();
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    expect(desk.states).toEqual(['ready']);
    expect(desk.store.send('')).toBe(true);
    expect(desk.uploads.items.value).toEqual([]);
    expect(desk.store.messages.value).toMatchObject([{ state: 'pending', content: '', attachments: [{ file_name: 'a.txt' }] }]);
    await clock.advance(100);
    expect(sent()).toEqual([['', 'a.txt']]);
    expect(desk.store.messages.value).toMatchObject([{ state: 'sent', type: 'file', attachments: [{ file_name: 'a.txt' }] }]);
  });

  test('a lost answer is asked for again under the same key, and the file is stored once', async () => {
    const desk = await open(server.transfer((attempt) => (attempt === 1 ? 'after' : 'no')));
    desk.uploads.attach([file('a.txt')]);
    await settle();
    expect(desk.states).toEqual(['interrupted']);
    await clock.advance(5_000);
    expect(desk.states).toEqual(['ready']);
    expect(server.files.size).toBe(1);
  });

  test('an upload that was cut goes on when the network is back, and waits for it as long as need be', async () => {
    let offline = true;
    const desk = await open(server.transfer(() => (offline ? 'before' : 'no')));
    desk.network.online = false;
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(10 * 60_000);
    expect(desk.states).toEqual(['interrupted']);
    offline = false;
    desk.network.online = true;
    await clock.advance(30_000);
    expect(desk.states).toEqual(['ready']);
  });

  test('what never gets an answer is given up after some attempts, and can be tried again under its key', async () => {
    let broken = true;
    const desk = await open(server.transfer(() => (broken ? 'before' : 'no')));
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(5 * 60_000);
    expect(desk.uploads.items.value).toMatchObject([{ state: 'failed', problem: { code: 'network', canRetry: true } }]);
    const { key } = desk.uploads.items.value[0]!;
    broken = false;
    desk.uploads.retry(key);
    await clock.advance(100);
    expect(desk.uploads.items.value).toMatchObject([{ key, state: 'ready' }]);
  });

  test('what the server refuses is told in its words, and not tried again', async () => {
    const desk = await open(server.transfer(() => 415));
    desk.uploads.attach([file('a.exe')]);
    await clock.advance(60_000);
    const [item] = desk.uploads.items.value;
    expect(item).toMatchObject({ state: 'failed', problem: { code: 'trouble_415', message: 'Non', canRetry: false } });
    expect(server.attempt(item!.key)).toBe(2);
    expect(desk.store.send('')).toBe(false);
  });

  test('a full disk is waited for, then left to the person', async () => {
    const desk = await open(server.transfer(() => 507));
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(5 * 60_000);
    expect(desk.uploads.items.value).toMatchObject([{ state: 'failed', problem: { code: 'trouble_507', canRetry: true } }]);
  });

  test('a token that has ended is renewed once', async () => {
    const real = server.transfer();
    const seen: (string | undefined)[] = [];
    const desk = await open(async (request) => {
      seen.push(request.headers.authorization);
      return seen.length === 1 ? new Response('{}', { status: 401 }) : real(request);
    });
    server.validTokens.add('token-2');
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(desk.states).toEqual(['ready']);
  });

  test('a file that is held back by the check is asked about until it is ready, and then can be sent', async () => {
    server.verdict = 'pending';
    const desk = await open();
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(1_000);
    expect(desk.states).toEqual(['checking']);
    expect(desk.store.send('')).toBe(false);
    for (const [key, one] of server.files) server.files.set(key, { ...one, status: 'ready' });
    await clock.advance(60_000);
    expect(sent()).toEqual([['', 'a.txt']]);
  });

  test('one that the check refuses says so', async () => {
    server.verdict = 'refused';
    const desk = await open();
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(1_000);
    expect(desk.problems).toEqual(['refused']);
  });

  test('two are on their way at a time', async () => {
    const { transfer, go } = held();
    const desk = await open(transfer);
    desk.uploads.attach(['a', 'b', 'c'].map((name) => file(name)));
    await settle();
    expect(desk.states).toEqual(['uploading', 'uploading', 'waiting']);
    go();
    await clock.advance(100);
    expect(desk.states).toEqual(['ready', 'ready', 'ready']);
  });
});

describe('what is not taken', () => {
  test('an empty file and one byte too many are refused before they are sent, the most that is allowed is not', async () => {
    const desk = await open();
    const sized = (name: string, size: number) => Object.defineProperty(file(name), 'size', { value: size });
    desk.uploads.attach([sized('empty', 0), sized('big', MAX_ATTACHMENT_BYTES + 1), sized('most', MAX_ATTACHMENT_BYTES)]);
    await clock.advance(100);
    expect(desk.problems).toEqual(['empty', 'too_big', undefined]);
    expect(server.files.size).toBe(1);
  });

  test('of six the sixth is named; one that is taken away makes room', async () => {
    const desk = await open();
    desk.uploads.attach([1, 2, 3, 4, 5, 6].map((number) => file(`${number}`)));
    await clock.advance(100);
    expect(desk.states).toEqual(['ready', 'ready', 'ready', 'ready', 'ready']);
    expect(desk.uploads.leftOut.value).toEqual(['6']);
    desk.uploads.remove(desk.uploads.items.value[0]!.key);
    expect(desk.uploads.leftOut.value).toEqual([]);
    desk.uploads.attach([file('6')]);
    await clock.advance(100);
    expect(desk.uploads.items.value.map(({ name }) => name)).toEqual(['2', '3', '4', '5', '6']);
    // The server need not keep what was taken away.
    expect([...server.files.values()].map(({ file_name }) => file_name)).not.toContain('1');
  });

  test('the same file twice is there once; another of the same name is there too', async () => {
    const desk = await open();
    desk.uploads.attach([file('a.txt')]);
    desk.uploads.attach([file('a.txt'), file('a.txt', 'other words')]);
    await clock.advance(100);
    expect(desk.uploads.items.value).toHaveLength(2);
  });
});

describe('sending', () => {
  test('a message waits for its files, and is sent by itself', async () => {
    const { transfer, go } = held();
    const desk = await open(transfer);
    desk.uploads.attach([file('a.txt')]);
    desk.store.setDraft('Voici');
    expect(desk.store.send('Voici')).toBe(false);
    expect(desk.uploads.sending.value).toBe(true);
    expect(desk.store.busy.value).toBe(true);
    go();
    await clock.advance(100);
    expect(sent()).toEqual([['Voici', 'a.txt']]);
    expect(desk.store.draft.value).toBe('');
    expect(desk.store.busy.value).toBe(false);
  });

  test('words that change meanwhile are not sent half', async () => {
    const { transfer, go } = held();
    const desk = await open(transfer);
    desk.uploads.attach([file('a.txt')]);
    desk.store.setDraft('Voici');
    desk.store.send('Voici');
    desk.store.setDraft('Voici le');
    go();
    await clock.advance(100);
    expect(sent()).toEqual([]);
    expect(desk.uploads.sending.value).toBe(false);
    expect(desk.states).toEqual(['ready']);
  });

  test('when a file fails meanwhile its owner decides: sent again, the message goes without it', async () => {
    let answer = 0;
    const desk = await open(server.transfer(() => (answer += 1) === 1 ? 'no' : 415));
    desk.uploads.attach([file('a.txt'), file('b.exe')]);
    desk.store.setDraft('Deux');
    desk.store.send('Deux');
    await clock.advance(100);
    expect(sent()).toEqual([]);
    expect(desk.store.send('Deux')).toBe(true);
    await clock.advance(100);
    expect(sent()).toEqual([['Deux', 'a.txt']]);
    expect(desk.states).toEqual(['failed']);
  });

  test('a message with files is stored once over a lost ack, and by REST', async () => {
    const desk = await open();
    server.treat = (_frame, attempt) => (attempt === 1 ? 'lose_ack' : 'ack');
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    desk.store.send('Une fois');
    await clock.advance(10_000);
    expect(sent()).toEqual([['Une fois', 'a.txt']]);
    server.refuseConnections = true;
    server.cut();
    await clock.advance(60_000);
    desk.uploads.attach([file('b.txt')]);
    await clock.advance(100);
    desk.store.send('Par REST');
    await clock.advance(60_000);
    expect(sent()).toEqual([['Une fois', 'a.txt'], ['Par REST', 'b.txt']]);
    expect(desk.store.messages.value.map(({ attachments }) => attachments.map(({ file_name }) => file_name))).toEqual([['a.txt'], ['b.txt']]);
  });

  test('the files of a message that is given up go with the next one', async () => {
    const desk = await open();
    server.treat = () => ({ nack: 'chat.refused', retry: false });
    desk.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    desk.store.send('Non');
    await clock.advance(100);
    const [failed] = desk.store.messages.value;
    expect(failed).toMatchObject({ state: 'failed', attachments: [{ file_name: 'a.txt' }] });
    expect(desk.store.discard(failed!.key)).toBe('Non');
    expect(desk.uploads.items.value).toMatchObject([{ name: 'a.txt', state: 'ready' }]);
  });
});

describe('a reload', () => {
  test('what is uploaded comes back, what was not is said to be lost', async () => {
    const { transfer } = held();
    const real = server.transfer();
    const before = await open((request) => ((request.body.get('file') as File).name === 'slow' ? transfer(request) : real(request)));
    before.uploads.attach([file('a.txt'), file('slow')]);
    await clock.advance(100);
    expect(before.states).toEqual(['ready', 'uploading']);
    before.close();
    const after = await open();
    expect(after.states).toEqual(['ready', 'failed']);
    expect(after.problems).toEqual([undefined, 'lost']);
    after.store.send('Après');
    await clock.advance(100);
    expect(sent()).toEqual([['Après', 'a.txt']]);
  });

  test('an unsent message keeps its files', async () => {
    const before = await open();
    before.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    server.refuseConnections = true;
    server.cut();
    before.store.send('Hors ligne');
    before.close();
    server.refuseConnections = false;
    await open();
    await clock.advance(10_000);
    expect(sent()).toEqual([['Hors ligne', 'a.txt']]);
  });

  test('another tab that is open keeps its own, and what it leaves is taken up once', async () => {
    const first = await open();
    first.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    const second = await open();
    expect(second.uploads.items.value).toEqual([]);
    first.close();
    second.close();
    const third = await open();
    expect(third.states).toEqual(['ready']);
    third.uploads.remove(third.uploads.items.value[0]!.key);
    third.close();
    expect((await open()).uploads.items.value).toEqual([]);
  });

  test('what the server has forgotten after a day is lost', async () => {
    const before = await open();
    before.uploads.attach([file('a.txt')]);
    await clock.advance(100);
    before.close();
    await clock.advance(24 * 60 * 60_000);
    expect((await open()).problems).toEqual(['lost']);
  });
});

test('an upload stays with its conversation after it is closed', async () => {
  const { transfer, go } = held();
  const desk = await open(transfer);
  desk.uploads.attach([file('a.txt')]);
  desk.store.setDraft('Voici');
  desk.store.send('Voici');
  desk.conversations.close(desk.store.id);
  await clock.advance(1_000);
  go();
  await clock.advance(1_000);
  expect(sent()).toEqual([['Voici', 'a.txt']]);
});

describe('addresses', () => {
  test('an address is asked for once, and again before it ends or when it does not work', async () => {
    const desk = await open();
    const links = new Links(desk.api, clock);
    const [one, same] = await Promise.all([links.url('f1'), links.url('f1')]);
    expect(one).toBe('http://server.test/files/1');
    expect(same).toBe(one);
    expect(await links.url('f1', 'show')).toBe('http://server.test/files/2?inline=true');
    await clock.advance(54 * 60_000);
    expect(await links.url('f1')).toBe(one);
    await clock.advance(2 * 60_000);
    expect(await links.url('f1')).toBe('http://server.test/files/3');
    links.forget('f1');
    expect(await links.url('f1')).toBe('http://server.test/files/4');
  });
});

test('the files of a conversation are those of its messages: newest first, none that is unsent or deleted', async () => {
  const desk = await open();
  for (const name of ['a.txt', 'b.txt', 'c.txt']) {
    desk.uploads.attach([file(name)]);
    await clock.advance(1_000);
    if (name !== 'c.txt') desk.store.send(name);
    await clock.advance(1_000);
  }
  const all = new RequestFiles(desk.store, desk.api);
  await all.load();
  const names = () => all.files.value.map(({ file_name }) => file_name);
  expect(names()).toEqual(['b.txt', 'a.txt']);
  desk.store.send('');
  await clock.advance(1_000);
  expect(names()).toEqual(['c.txt', 'b.txt', 'a.txt']);
  server.remove('m1');
  await clock.advance(1_000);
  expect(names()).toEqual(['c.txt', 'b.txt']);
});
