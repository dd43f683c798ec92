/**
 * Seeded runs of the real SDK against a real server, as ordered by whoever stands between them and spoils the
 * connection. An order is a line of JSON on the way in; a line on the way out says that all is written, another
 * one what came of the run.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { seeded } from '../support/clock.ts';
import { Device } from '../support/page.ts';
import { Desk, quickClock, type Held, type Seat } from './desk.ts';

/** One run: who talks where, through which address. */
interface Order {
  seed: number;
  /** The address under which the server is reached, without a slash at the end. */
  origin: string;
  conversation: string;
  /** The visitor's token and the agent's, with the ids they write under. */
  visitor: { token: string; id: string };
  agent: { token: string; id: string };
}

/** What came of a run. */
interface Outcome {
  seed: number;
  /** What each wrote, in the order written. */
  wrote: { visitor: string[]; agent: string[] };
  /** What each page held at the end: place and content. */
  held: { visitor: Held; agent: Held };
  /** What was wrong at any moment. */
  wrong: string[];
  /** Connections that ended without this side's wish. */
  cuts: number;
  reloads: number;
  /** Times at which a page went on without sockets. */
  rest: number;
}

/** Until everything must have arrived once the connection is whole again: a page's own patience, many times over. */
const SETTLED_MS = 40_000;

export async function serve(input: Readable, output: Writable): Promise<void> {
  const say = (line: object) => output.write(`${JSON.stringify(line)}\n`);
  const running: Promise<void>[] = [];
  for await (const line of createInterface({ input })) {
    const order = JSON.parse(line) as Order;
    const failed = (cause: unknown) => say({ seed: order.seed, failed: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    running.push(run(order, () => void say({ seed: order.seed, written: true })).then((outcome) => void say(outcome), (cause) => void failed(cause)));
  }
  await Promise.all(running);
}

/** Both write at random moments, the visitor's page is loaded anew at some; then both must hold the same. */
async function run(order: Order, written: () => void): Promise<Outcome> {
  const random = seeded(order.seed);
  const below = (n: number) => Math.floor(random() * n);
  const clock = quickClock();
  const device = new Device();
  const seat = (who: { token: string; id: string }, side: Seat['side']): Seat => ({ ...who, side, origin: order.origin, conversation: order.conversation });
  let visitor = new Desk(seat(order.visitor, 'customer'), device, random, clock);
  const agent = new Desk(seat(order.agent, 'staff'), new Device(), random, clock);
  const past: Desk[] = [];
  const wrote = { visitor: [] as string[], agent: [] as string[] };
  const steps = 14 + below(14);
  for (let step = 0; step < steps; step += 1) {
    await pause(below(110));
    const what = random();
    if (what < 0.55) visitor.say(wrote.visitor, `v${wrote.visitor.length + 1} of ${order.seed}`);
    else if (what < 0.92) agent.say(wrote.agent, `a${wrote.agent.length + 1} of ${order.seed}`);
    else {
      past.push(visitor);
      visitor.close();
      visitor = new Desk(seat(order.visitor, 'customer'), device, random, clock);
    }
  }
  written();

  const until = Date.now() + SETTLED_MS;
  const settled = () => [visitor, agent].every((desk) => desk.isSettled(wrote.visitor.length + wrote.agent.length)) && device.disk.size === 0;
  while (!settled() && Date.now() < until) await pause(10);
  const wrong = [...past, visitor, agent].flatMap((desk) => desk.wrong);
  if (!settled()) wrong.push(`not settled: visitor ${visitor.state}; agent ${agent.state}; ${device.disk.size} on disk`);
  const desks = [...past, visitor, agent];
  const sum = (of: (desk: Desk) => number) => desks.reduce((total, desk) => total + of(desk), 0);
  const outcome = {
    seed: order.seed,
    wrote,
    held: { visitor: visitor.held, agent: agent.held },
    wrong,
    cuts: sum((desk) => desk.cuts),
    reloads: past.length,
    rest: sum((desk) => desk.rest),
  };
  visitor.close();
  agent.close();
  return outcome;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
