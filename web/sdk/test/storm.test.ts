import { describe, expect, test } from 'vitest';
import { FakeClock, seeded } from './support/clock.ts';
import { Device, Page } from './support/page.ts';
import { FakeServer, type Treatment } from './support/server.ts';

const SEEDS = Number(process.env.GUICHET_STORM_SEEDS ?? 400);
const FIRST = Number(process.env.GUICHET_STORM_FIRST ?? 1);

/** What a run went through; a storm that did not blow proves nothing. */
const seen = { sends: 0, cuts: 0, lostAcks: 0, nacks: 0, unknown: 0, lostPushes: 0, reloads: 0, duplicates: 0, rest: 0, tabs: 0 };

/**
 * One visitor and one agent write while connections are cut, frames and acks lost, sends refused,
 * pages reloaded and sockets forbidden at random; then everything heals.
 */
async function storm(seed: number): Promise<void> {
  const random = seeded(seed);
  const chance = (p: number) => random() < p;
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const device = new Device();
  let raging = true;
  server.delay = () => Math.floor(random() * random() * (raging ? 900 : 50));
  server.losePush = () => raging && chance(0.1) && (seen.lostPushes += 1) > 0;
  server.repeatPush = () => raging && chance(0.1);
  server.treat = (frame): Treatment => {
    if (server.byClientId(frame.client_message_id)) seen.duplicates += 1;
    if (!raging) return 'ack';
    if (chance(0.06)) return (seen.lostAcks += 1), 'lose_ack';
    if (chance(0.03)) return 'silence';
    if (chance(0.05)) return 'ack_twice';
    if (chance(0.06)) return (seen.nacks += 1), { nack: 'unavailable', retry: true, retryAfterMs: Math.floor(random() * 1_500) };
    if (chance(0.04)) return (seen.nacks += 1), { nack: 'rate_limited', retry: true };
    if (chance(0.06)) return (seen.unknown += 1), { nack: 'unknown', retry: true, committed: chance(0.5) };
    return 'ack';
  };
  const fetched = server.fetch(() => (!raging || chance(0.7) ? 'no' : chance(0.5) ? 'before' : 'after'));

  let page = new Page(server, device, random, fetched);
  let other: Page | null = null;
  const mine: string[] = [];
  const steps = 40 + Math.floor(random() * 60);
  for (let step = 0; step < steps; step += 1) {
    await clock.advance(Math.floor(random() * random() * 4_000));
    const what = random();
    if (what < 0.45) {
      const content = `v${mine.length + 1}`;
      mine.push(content);
      seen.sends += 1;
      page.store.send(content);
    } else if (what < 0.65) server.agentSays(`a${step}`);
    else if (what < 0.7) editSomething(server, random, step);
    else if (what < 0.8) (seen.cuts += 1), server.cut(chance(0.3) ? 1012 : chance(0.2) ? 4003 : 1006);
    else if (what < 0.84) server.refuseConnections = !server.refuseConnections;
    else if (what < 0.89) {
      seen.reloads += 1;
      page.close();
      page = new Page(server, device, random, fetched);
    } else if (what < 0.92) {
      seen.tabs += 1;
      other?.close();
      other = new Page(server, device, random, fetched);
    } else page.network.say(chance(0.5) ? 'wake' : 'online');
    // Any token is as good as the last one: what is tried here is delivery.
    server.validTokens.add(page.tokens.current!);
    for (let n = 1; n < 200; n += 1) server.validTokens.add(`token-${n}`);
    if (page.realtime.transport.value === 'rest') seen.rest += 1;
    check(page, server);
    if (other) check(other, server);
  }

  raging = false;
  server.refuseConnections = false;
  await clock.advance(180_000);
  server.agentSays('fin');
  await clock.advance(60_000);

  // Nothing lost, nothing doubled, in the order written.
  const logged = [...server.messages.values()].filter((message) => message.sender.type === 'customer').map((message) => message.content ?? '');
  expect(logged).toEqual(inOrderOfPages(logged, mine));
  expect([...logged].sort()).toEqual([...mine].sort());
  for (const each of other ? [page, other] : [page]) {
    check(each, server);
    expect(each.store.phase.value).toBe('live');
    expect(each.store.messages.value.every((message) => message.state !== 'pending' && message.state !== 'failed')).toBe(true);
    const all = [...server.messages.values()].sort((a, b) => a.seq - b.seq);
    const held = each.store.messages.value.map((message) => [message.seq, message.content]);
    expect(held).toEqual(all.slice(-held.length).map((message) => [message.seq, message.content]));
    expect(held.length).toBeGreaterThanOrEqual(Math.min(50, all.length));
  }
  expect([...device.disk.keys()]).toEqual([]);
  page.close();
  other?.close();
}

/** One tab after the other wrote: its order is the order of the log. */
function inOrderOfPages(logged: string[], mine: string[]): string[] {
  return mine.filter((content) => logged.includes(content));
}

function editSomething(server: FakeServer, random: () => number, step: number): void {
  const theirs = [...server.messages.values()].filter((message) => message.sender.type === 'agent');
  const message = theirs[Math.floor(random() * theirs.length)];
  if (message) server.edit(message.id, `${message.content?.split('~')[0]}~${step}`);
}

/** True at every moment, storm or not. Plain comparisons: an `expect` for each message would be most of the run. */
function check(page: Page, server: FakeServer): void {
  const shown = page.store.messages.value;
  if (new Set(shown.map((message) => message.key)).size !== shown.length) throw new Error(`shown twice: ${page.contents.join(' ')}`);
  let last = 0;
  for (const message of shown) {
    if (message.seq === null) continue;
    // Drawn as sent means kept by the server, at this place.
    if (server.messages.get(message.id!)?.seq !== message.seq) throw new Error(`drawn as sent, but not kept: ${message.content}`);
    if (message.seq <= last) throw new Error(`out of order: ${page.contents.join(' ')}`);
    last = message.seq;
  }
}

describe('a storm', () => {
  const batch = Math.max(1, Math.ceil(SEEDS / 8));
  for (let from = FIRST; from < FIRST + SEEDS; from += batch) {
    const to = Math.min(from + batch, FIRST + SEEDS);
    test(`loses, doubles and disorders nothing, seeds ${from} to ${to - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < to; seed += 1) {
        await storm(seed).catch((cause: unknown) => {
          throw new Error(`seed ${seed}`, { cause });
        });
      }
    });
  }

  test('blew in every direction', () => {
    if (SEEDS < 100) return;
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(SEEDS / 20);
  });
});
