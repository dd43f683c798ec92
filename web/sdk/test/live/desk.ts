import { effect } from '@preact/signals-core';
import { ApiClient } from '../../src/api/client.ts';
import { GuestTokens } from '../../src/api/session.ts';
import { Conversations } from '../../src/conversation/conversations.ts';
import type { ConversationStore, Side } from '../../src/conversation/store.ts';
import type { Tab } from '../../src/conversation/tab.ts';
import type { Clock } from '../../src/env.ts';
import { RealtimeClient } from '../../src/realtime/client.ts';
import { browserSocket, realtimeUrl, type SocketFactory } from '../../src/realtime/socket.ts';
import { FakeNetwork, type Device } from '../support/page.ts';

/** Who sits at a page, and where it finds the server. */
export interface Seat {
  side: Side;
  token: string;
  id: string;
  origin: string;
  conversation: string;
}

export type Held = [seq: number, content: string][];

/** How much faster the SDK's patience runs out than a person's would: a run is to take seconds. */
const HASTE = 8;

/** A clock of the machine, hurried: waits of the SDK are that much shorter, and so is what it believes to have waited. */
export function quickClock(): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * HASTE,
    setTimeout: (run, ms) => setTimeout(run, ms / HASTE),
    clearTimeout: (id) => clearTimeout(id),
  };
}

/** A page with a conversation open, over the machine's own sockets and fetch. */
export class Desk {
  readonly store: ConversationStore;
  readonly wrong: string[] = [];
  cuts = 0;
  rest = 0;
  readonly #seat: Seat;
  readonly #realtime: RealtimeClient;
  readonly #conversations: Conversations;
  readonly #tab: Tab;
  readonly #stop: (() => void)[];
  #closed = false;

  constructor(seat: Seat, device: Device, random: () => number, clock: Clock) {
    this.#seat = seat;
    this.#tab = device.tab();
    const tokens = new GuestTokens(seat.token);
    const api = new ApiClient({ origin: seat.origin, tokens, clock, random });
    this.#realtime = new RealtimeClient({ url: realtimeUrl(seat.origin), tokens, socket: this.#counted(), clock, random, network: new FakeNetwork() });
    this.#conversations = new Conversations({ api, realtime: this.#realtime, side: seat.side, scope: seat.id, storage: device.store(), clock, random, tab: this.#tab });
    this.store = this.#conversations.open(seat.conversation);
    this.#stop = [effect(() => this.#check()), effect(() => void (this.#realtime.transport.value === 'rest' && (this.rest += 1)))];
    this.#realtime.start();
  }

  /** Writes it down, and sends it. */
  say(wrote: string[], content: string): void {
    wrote.push(content);
    if (!this.store.send(content)) this.wrong.push(`not taken: ${content}`);
  }

  get held(): Held {
    return this.store.messages.value.map((message) => [message.seq ?? 0, message.content]);
  }

  get state(): string {
    const { phase, messages } = this.store;
    const states = messages.value.filter((message) => message.seq === null).map((message) => `${message.content} ${message.state} ${message.error?.code ?? ''}`);
    return `${phase.value}, ${this.#realtime.state.value} by ${this.#realtime.transport.value}, ${messages.value.length} messages, unsent [${states.join('; ')}]`;
  }

  /** Whether the page is live by a socket, and holds so many messages, all of them sent. */
  isSettled(messages: number): boolean {
    const shown = this.store.messages.value;
    return (
      this.store.phase.value === 'live' &&
      this.#realtime.state.value === 'online' &&
      this.#realtime.transport.value === 'socket' &&
      !this.store.busy.value &&
      shown.length >= messages &&
      shown.every((message) => message.seq !== null)
    );
  }

  /** The page is closed or loaded anew: nothing is said to anybody. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#stop) stop();
    this.#conversations.dispose();
    this.#realtime.stop();
    this.#tab.end();
  }

  /**
   * The machine's sockets, and how often they ended by themselves. A browser says `close` however a socket ends;
   * Node says only `error` when it does not come to be, so that the rest of the word is said here.
   */
  #counted(): SocketFactory {
    return (url, protocols) => {
      const socket = browserSocket(url, protocols);
      const events = socket as unknown as EventTarget;
      let ended = false;
      const lost = (code: number) => {
        if (!ended && !this.#closed && code === 1006) this.cuts += 1;
        ended = true;
      };
      // What the client sets on the socket later stays its own.
      events.addEventListener('close', (event) => lost((event as CloseEvent).code));
      events.addEventListener('error', () =>
        setTimeout(() => {
          if (ended) return;
          lost(1006);
          socket.onclose?.({ code: 1006 });
        }),
      );
      return socket;
    };
  }

  /** True at every moment: nothing shown twice, nothing out of order, nothing failed. */
  #check(): void {
    const shown = this.store.messages.value;
    let last = 0;
    const contents = new Set<string>();
    for (const message of shown) {
      if (contents.has(message.content)) this.wrong.push(`${this.#seat.side} sees twice: ${message.content}`);
      contents.add(message.content);
      if (message.state === 'failed') this.wrong.push(`${this.#seat.side} failed to send: ${message.content} (${message.error?.code})`);
      if (message.seq === null) continue;
      if (message.seq <= last) this.wrong.push(`${this.#seat.side} sees out of order: ${message.seq} after ${last}`);
      last = message.seq;
    }
  }
}
