import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { TokenSource } from '../api/client.ts';
import { browserNetwork, systemClock, type Clock, type Network, type TimerId } from '../env.ts';
import { CloseCode, SUBPROTOCOL, type ClientFrame, type ConversationFrame, type FrameOf, type PresenceFrame, type ServerFrame, type WelcomeFrame } from '../frames.ts';
import { Backoff } from './backoff.ts';
import { Silence } from './silence.ts';
import { browserSocket, type Socket, type SocketFactory } from './socket.ts';
import { set } from '../signals.ts';

/**
 * `connecting` at first, `online` once the server answers, `reconnecting` while it does not,
 * `offline` while the device has no network (or the server said not to come back), `signed_out` without a token.
 */
export type ConnectionState = 'connecting' | 'online' | 'reconnecting' | 'offline' | 'signed_out';

/** `rest` when sockets cannot be opened: conversations then poll and post. */
export type Transport = 'socket' | 'rest';

export interface RealtimeOptions {
  /** See `realtimeUrl`. */
  url: string;
  tokens: TokenSource;
  socket?: SocketFactory;
  clock?: Clock;
  random?: () => number;
  network?: Network;
}

/** One conversation's end of the connection. */
export interface Channel {
  /** What is known already: the server replays what comes after. */
  position(): { epoch?: string; after_seq?: number };
  receive(frame: ConversationFrame | PresenceFrame): void;
  /** The server did not let us subscribe. */
  refused(code: string, message: string): void;
  /** The connection ended: what was sent on it and not answered has an unknown outcome. */
  disconnected(code: number): void;
}

type Listener<T extends ServerFrame['type']> = (frame: FrameOf<T>) => void;

const WELCOME_MS = 10_000;
const WAKE_PONG_MS = 3_000;
const SILENCE_SLACK_MS = 10_000;
const STABLE_MS = 5_000;
const TOO_FAST_MS = 10_000;
const FAILURES_BEFORE_REST = 3;
/** Between attempts once several tokens were not let in. */
const NOT_LET_IN_MS = 60_000;
const REST_RESYNC_MS = 15_000;
/** Our own code for a connection given up by this side. */
const GIVEN_UP = 4900;

/**
 * One socket for everything. It reconnects by itself, presents each fresh token on the open socket,
 * and subscribes every attached conversation again from the position it reached.
 */
export class RealtimeClient {
  readonly state: ReadonlySignal<ConnectionState> = signal<ConnectionState>('connecting');
  /** When the next attempt is due (milliseconds since the epoch), while one is planned. */
  readonly retryAt: ReadonlySignal<number | null> = signal<number | null>(null);
  readonly transport: ReadonlySignal<Transport> = signal<Transport>('socket');
  /** Who the server says we are; kept over a lost connection. */
  readonly user: ReadonlySignal<WelcomeFrame['user'] | null> = signal<WelcomeFrame['user'] | null>(null);


  readonly #options: RealtimeOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #network: Network;
  readonly #backoff: Backoff;
  readonly #silence: Silence;
  readonly #channels = new Map<string, Channel>();
  readonly #listeners = new Map<string, Set<(frame: never) => void>>();
  readonly #subscriptions = new Map<string, string>();
  #unlisten: (() => void)[] = [];

  #running = false;
  #socket: Socket | null = null;
  #token: string | null = null;
  #welcome: WelcomeFrame | null = null;
  #onlineSince = 0;
  #everOnline = false;
  #restAnswers = false;
  #ended = false;
  #signedOut = false;
  #failures = 0;
  #authFailures = 0;
  #byeMs: number | null = null;
  #nextRef = 1;
  #welcomeTimer: TimerId | undefined;
  #retryTimer: TimerId | undefined;
  #resyncTimer: TimerId | undefined;

  constructor(options: RealtimeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#network = options.network ?? browserNetwork();
    this.#backoff = new Backoff(this.#random);
    this.#silence = new Silence(this.#clock, () => this.send({ type: 'ping' }), () => this.restart());
  }

  /** The history that positions belong to, once known. */
  get epoch(): string | undefined {
    return this.#welcome?.epoch;
  }

  /** Largest frame the server takes, in bytes. */
  get maxFrameBytes(): number {
    return this.#welcome?.max_frame_bytes ?? 65_536;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#ended = false;
    this.#unlisten = [
      this.#network.listen((event) => this.#networkSaid(event)),
      this.#options.tokens.subscribe((token) => this.#tokenChanged(token)),
    ];
    void this.#connect();
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const stop of this.#unlisten) stop();
    this.#unlisten = [];
    if (this.#drop(1000)) this.#interrupt(1000);
    this.#clock.clearTimeout(this.#retryTimer);
    this.#leaveRest();
    this.#publish();
  }

  /** Does not wait for the planned attempt. */
  retryNow(): void {
    if (!this.#running || this.#socket) return;
    this.#ended = false;
    this.#authFailures = 0;
    this.#backoff.reset();
    this.#clock.clearTimeout(this.#retryTimer);
    void this.#connect();
  }

  /** Gives the connection up, because it does not answer as it should, and opens another. */
  restart(): void {
    if (this.#socket) this.#closed(GIVEN_UP, this.#drop(GIVEN_UP));
  }

  /** False when there is no connection: the frame is gone. */
  send(frame: ClientFrame): boolean {
    if (!this.#socket || !this.#welcome) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Subscribes the conversation now and after each reconnect, until the returned function is called. */
  attach(conversationId: string, channel: Channel): () => void {
    this.#channels.set(conversationId, channel);
    this.subscribe(conversationId);
    return () => {
      if (this.#channels.get(conversationId) !== channel) return;
      this.#channels.delete(conversationId);
      this.send({ type: 'unsubscribe', conversation_id: conversationId });
    };
  }

  /** Asks again for the conversation from its channel's position. */
  subscribe(conversationId: string): boolean {
    const channel = this.#channels.get(conversationId);
    if (!channel || !this.#welcome) return false;
    const ref = `s${this.#nextRef++}`;
    this.#subscriptions.set(ref, conversationId);
    return this.send({ type: 'subscribe', ref, conversation_id: conversationId, ...channel.position() });
  }

  /**
   * Frames that belong to no single conversation, and any other by its type. `resync` is also told
   * after each reconnect, and every 15 s while only REST works: fetch the lists again with `changed_since`.
   */
  on<T extends ServerFrame['type']>(type: T, listener: Listener<T>): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener as (frame: never) => void);
    return () => listeners.delete(listener as (frame: never) => void);
  }

  /** Told by whoever polls in place of the socket whether the server answers. */
  restAnswered(answered: boolean): void {
    this.#restAnswers = answered;
    this.#publish();
  }

  async #connect(): Promise<void> {
    set(this.retryAt, null);
    let token = this.#options.tokens.token();
    if (token === null) {
      try {
        token = await this.#options.tokens.renew(null);
      } catch {
        return this.#retryIn(this.#backoff.next());
      }
    }
    if (!this.#running || this.#socket || this.#ended) return;
    this.#signedOut = token === null;
    if (token === null) return this.#publish();
    this.#token = token;
    this.#byeMs = null;
    const socket = (this.#options.socket ?? browserSocket)(this.#options.url, [SUBPROTOCOL]);
    this.#socket = socket;
    this.#welcomeTimer = this.#clock.setTimeout(() => this.restart(), WELCOME_MS);
    const first = token;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'authenticate', token: this.#token ?? first } satisfies ClientFrame));
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#closed(event.code, this.#drop());
    this.#publish();
  }

  /** Lets go of the socket without waiting for its close; says whether it had been welcomed. */
  #drop(code?: number): boolean {
    const socket = this.#socket;
    const welcomed = this.#welcome !== null;
    this.#socket = null;
    if (welcomed && this.#clock.now() - this.#onlineSince >= STABLE_MS) this.#backoff.reset();
    this.#welcome = null;
    this.#subscriptions.clear();
    this.#clock.clearTimeout(this.#welcomeTimer);
    this.#silence.stop();
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (code !== undefined) socket.close(code === 1000 ? code : undefined);
    }
    return welcomed;
  }

  #closed(code: number, welcomed: boolean): void {
    if (welcomed) this.#interrupt(code);
    if (!this.#running) return;
    switch (code) {
      case CloseCode.Gone:
        this.#ended = true;
        return this.#publish();
      case CloseCode.NotAuthenticated:
        // Nobody said that the token has ended: a source that has no other keeps it.
        return void this.#renew(null);
      case CloseCode.TokenExpired:
        return void this.#renew(this.#token);
      case CloseCode.TooFast:
        return this.#retryIn(TOO_FAST_MS + this.#random() * TOO_FAST_MS);
    }
    if (!welcomed) this.#failures += 1;
    if (this.#failures >= FAILURES_BEFORE_REST) this.#enterRest();
    this.#retryIn(this.#byeMs ?? this.#backoff.next());
  }

  #interrupt(code: number): void {
    for (const channel of [...this.#channels.values()]) channel.disconnected(code);
  }

  async #renew(rejected: string | null): Promise<void> {
    this.#authFailures += 1;
    let token: string | null;
    try {
      token = await this.#options.tokens.renew(rejected);
    } catch {
      return this.#retryIn(this.#backoff.next());
    }
    this.#signedOut = token === null;
    if (token === null || !this.#running) return this.#publish();
    if (this.#authFailures < FAILURES_BEFORE_REST) return this.#retryIn(this.#authFailures === 1 ? 0 : this.#backoff.next());
    // A matter of origin or rights, or a server that lacks a part: REST may work, or says what is wrong.
    this.#enterRest();
    this.#retryIn(NOT_LET_IN_MS * (0.5 + this.#random()));
  }

  #retryIn(ms: number): void {
    if (!this.#running || this.#socket) return;
    this.#clock.clearTimeout(this.#retryTimer);
    set(this.retryAt, this.#clock.now() + ms);
    this.#retryTimer = this.#clock.setTimeout(() => void this.#connect(), ms);
    this.#publish();
  }

  #received(data: unknown): void {
    this.#silence.heard();
    let frame: ServerFrame;
    try {
      frame = JSON.parse(String(data)) as ServerFrame;
    } catch {
      // Something on the way speaks another language: this connection cannot be trusted.
      return this.restart();
    }
    if (frame.type === 'welcome') this.#welcomed(frame);
    else if (frame.type === 'bye') this.#byeMs = frame.retry_after_ms;
    else if (frame.type === 'error') this.#refused(frame);
    else if (frame.type === 'presence') for (const channel of [...this.#channels.values()]) channel.receive(frame);
    else if ('conversation_id' in frame) this.#channels.get(frame.conversation_id)?.receive(frame);
    this.#tell(frame);
  }

  #welcomed(frame: WelcomeFrame): void {
    const renewal = this.#welcome !== null && this.#welcome.epoch === frame.epoch;
    this.#welcome = frame;
    set(this.user, frame.user);
    if (renewal) return;
    this.#clock.clearTimeout(this.#welcomeTimer);
    this.#failures = 0;
    this.#authFailures = 0;
    this.#onlineSince = this.#clock.now();
    this.#leaveRest();
    this.#silence.start(frame.heartbeat_ms + SILENCE_SLACK_MS);
    const again = this.#everOnline;
    this.#everOnline = true;
    this.#publish();
    for (const id of [...this.#channels.keys()]) this.subscribe(id);
    if (again) this.#tell({ type: 'resync' });
  }

  #refused(frame: FrameOf<'error'>): void {
    const conversation = frame.ref ? this.#subscriptions.get(frame.ref) : undefined;
    if (conversation !== undefined) this.#channels.get(conversation)?.refused(frame.code, frame.message);
  }

  #networkSaid(event: 'online' | 'offline' | 'wake'): void {
    // The device may be wrong about its network (a server on this machine), so an open socket is asked, not closed.
    if (this.#welcome) this.#silence.ask(WAKE_PONG_MS);
    else if (event !== 'offline') this.retryNow();
    this.#publish();
  }

  #tokenChanged(token: string | null): void {
    this.#token = token;
    const wasSignedOut = this.#signedOut;
    this.#signedOut = token === null;
    if (token === null) {
      if (this.#drop(1000)) this.#interrupt(1000);
      this.#clock.clearTimeout(this.#retryTimer);
      this.#leaveRest();
      this.#publish();
    } else if (this.#welcome) {
      this.send({ type: 'authenticate', token });
    } else if (!this.#socket && wasSignedOut) {
      this.#everOnline = false;
      this.retryNow();
    }
  }

  #enterRest(): void {
    if (this.transport.value === 'rest') return;
    set(this.transport, 'rest');
    const resync = () => {
      this.#resyncTimer = this.#clock.setTimeout(resync, REST_RESYNC_MS);
      this.#tell({ type: 'resync' });
    };
    resync();
  }

  #leaveRest(): void {
    this.#clock.clearTimeout(this.#resyncTimer);
    this.#restAnswers = false;
    set(this.transport, 'socket');
  }

  #publish(): void {
    set(this.state, this.#stateNow());
    if (this.state.value !== 'reconnecting' && this.state.value !== 'offline') set(this.retryAt, null);
  }

  #stateNow(): ConnectionState {
    if (this.#welcome) return 'online';
    if (this.#signedOut) return 'signed_out';
    if (this.transport.value === 'rest' && this.#restAnswers) return 'online';
    if (this.#ended || !this.#network.isOnline()) return 'offline';
    return this.#everOnline || this.#failures + this.#authFailures > 0 ? 'reconnecting' : 'connecting';
  }

  #tell(frame: ServerFrame): void {
    for (const listener of [...(this.#listeners.get(frame.type) ?? [])]) (listener as (frame: ServerFrame) => void)(frame);
  }
}
