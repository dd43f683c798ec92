import { beforeEach, expect, test } from 'vitest';
import type { Viewer } from '../src/frames.ts';
import { Viewing } from '../src/realtime/viewing.ts';
import { FakeClock } from './support/clock.ts';
import { Page } from './support/page.ts';
import { FakeServer } from './support/server.ts';

const me: Viewer = { id: 'me', name: 'Nadia Belkacem', state: 'viewing' };
const claire: Viewer = { id: 'claire', name: 'Claire Morel', state: 'replying' };

let clock: FakeClock;
let server: FakeServer;
let page: Page;

beforeEach(async () => {
  clock = new FakeClock();
  server = new FakeServer(clock);
  page = new Page(server);
  await clock.advance(100);
});

const said = () => server.frames.flatMap((frame) => (frame.type === 'view' ? [`${frame.support_request_id} ${frame.state}`] : []));
const open = () => new Viewing('r1', me.id, page.realtime, clock);

async function hear(request: string, viewers: Viewer[]): Promise<void> {
  for (const connection of server.open) connection.say({ type: 'viewers', support_request_id: request, viewers });
  await clock.advance(100);
}

test('a request that is open is told, and that it was left', async () => {
  const viewing = open();
  await clock.advance(100);
  viewing.dispose();
  await clock.advance(300_000);
  expect(said()).toEqual(['r1 viewing', 'r1 left']);
});

test('the others are shown, and oneself is not', async () => {
  const viewing = open();
  await hear('r1', [me, claire]);
  expect(viewing.others.value).toEqual([claire]);
  await hear('r2', [me]);
  expect(viewing.others.value).toEqual([claire]);
  await hear('r1', [me]);
  expect(viewing.others.value).toEqual([]);
});

test('an answer being written is told, again before the server forgets it, and that it is not any more', async () => {
  const viewing = open();
  viewing.reply(true);
  viewing.reply(true);
  await clock.advance(29_000);
  expect(said()).toEqual(['r1 viewing', 'r1 replying', 'r1 replying']);
  viewing.reply(false);
  await clock.advance(299_000);
  expect(said().slice(3)).toEqual(['r1 viewing', 'r1 viewing', 'r1 viewing']);
});

test('after a lost connection it is told again, and nobody is shown meanwhile', async () => {
  const viewing = open();
  viewing.reply(true);
  await hear('r1', [me, claire]);
  server.refuseConnections = true;
  server.cut();
  expect(viewing.others.value).toEqual([]);
  const before = said().length;
  await clock.advance(60_000);
  expect(said()).toHaveLength(before);
  server.refuseConnections = false;
  await clock.advance(60_000);
  expect(said()[before]).toBe('r1 replying');
  await hear('r1', [me]);
  expect(viewing.others.value).toEqual([]);
});
