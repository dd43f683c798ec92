import { ApiError } from '../errors.ts';
import type { Clock, TimerId } from '../env.ts';
import { CloseCode, type AckFrame, type ClientFrame, type NackFrame } from '../frames.ts';
import type { Message, SentMessage } from '../types.ts';
import { bodyOf } from './content.ts';
import type { Outbox, PendingMessage } from './outbox.ts';

/** What became of a message that the server keeps. */
export interface Placed {
  readonly pending: PendingMessage;
  readonly seq: number;
  readonly id: string;
  readonly created_at: string;
  /** The whole message, where the answer carried it. */
  readonly message?: Message;
}

export interface SenderOptions {
  conversationId: string;
  outbox: Outbox;
  clock: Clock;
  random: () => number;
  /** `none` while nothing may be sent. */
  way(): 'socket' | 'rest' | 'none';
  /** False when there is no connection. */
  sendFrame(frame: ClientFrame): boolean;
  post(message: PendingMessage): Promise<SentMessage>;
  maxFrameBytes(): number;
  /** The connection does not answer: open another. */
  restart(): void;
  placed(placed: Placed): void;
}

const ACK_MS = 10_000;
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30_000;
const PRIOR_FAILED_LIMIT = 3;

/**
 * Sends the outbox in order, one message at a time, so that no later message can overtake an earlier one
 * whatever the answers are. A message keeps its id through every attempt: the server stores it once.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  #inFlight: PendingMessage | null = null;
  #posting = false;
  #attempts = 0;
  #notBefore = 0;
  #priorFailed = 0;
  #malformed = 0;
  /** The message for which the server holds back later ones of this connection. */
  #holding: string | null = null;
  #ackTimer: TimerId | undefined;
  #retryTimer: TimerId | undefined;
  #stopped = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#outbox.onAdopted = () => this.pump();
  }

  /** Sends the next message if one may be sent now. */
  pump(): void {
    if (this.#stopped || this.#inFlight) return;
    const head = this.#outbox.head();
    const way = this.#options.way();
    if (!head || way === 'none') return;
    const wait = this.#notBefore - this.#options.clock.now();
    if (wait > 0) {
      this.#options.clock.clearTimeout(this.#retryTimer);
      this.#retryTimer = this.#options.clock.setTimeout(() => this.pump(), wait);
      return;
    }
    if (way === 'rest') void this.#post(head);
    else this.#send(head);
  }

  acked(frame: AckFrame): void {
    this.#settle(frame.client_message_id, { seq: frame.seq, id: frame.message_id, created_at: frame.created_at });
  }

  /** The message was seen in the log, as after a lost ack. */
  seen(message: Message): void {
    if (message.client_message_id) this.#settle(message.client_message_id, { seq: message.seq, id: message.id, created_at: message.created_at, message });
  }

  nacked(frame: NackFrame): void {
    if (this.#inFlight?.client_message_id !== frame.client_message_id) return;
    this.#landed();
    if (frame.retry) {
      if (frame.code !== 'rate_limited' && frame.code !== 'prior_failed') this.#holding = frame.client_message_id;
      this.#priorFailed = frame.code === 'prior_failed' ? this.#priorFailed + 1 : 0;
      this.#later(frame.retry_after_ms ?? null);
      // The server waits for a message this tab no longer has: a new connection starts afresh.
      if (this.#priorFailed >= PRIOR_FAILED_LIMIT) this.#options.restart();
    } else {
      this.#refuse(frame.client_message_id, frame.code, frame.message);
    }
    this.pump();
  }

  /** What is in flight has an unknown outcome: it is sent again, under its id, when there is a connection. */
  disconnected(code: number): void {
    // What went by REST has its own answer.
    const lost = this.#posting ? null : this.#inFlight;
    if (lost) this.#landed();
    this.#holding = null;
    this.#priorFailed = 0;
    if (!lost) return;
    if (code === CloseCode.TooBig) this.#refuse(lost.client_message_id, 'too_long', '');
    if (code === CloseCode.Malformed && (this.#malformed += 1) > 1) this.#refuse(lost.client_message_id, 'malformed', '');
  }

  /** Sends a failed message again. */
  retry(id: string): void {
    this.#outbox.revive(id);
    this.#notBefore = 0;
    this.pump();
  }

  /** Gives a message up; one that is on its way cannot be taken back. Returns it when it was given up. */
  discard(id: string): PendingMessage | undefined {
    if (this.#inFlight?.client_message_id === id) return undefined;
    const given = this.#outbox.remove(id);
    if (this.#holding === id) {
      this.#options.sendFrame({ type: 'abandon', conversation_id: this.#options.conversationId, client_message_id: id });
      this.#holding = null;
    }
    this.#notBefore = 0;
    this.pump();
    return given;
  }

  stop(): void {
    this.#stopped = true;
    this.#options.clock.clearTimeout(this.#ackTimer);
    this.#options.clock.clearTimeout(this.#retryTimer);
  }

  #send(message: PendingMessage): void {
    const frame: ClientFrame = { type: 'send', conversation_id: this.#options.conversationId, ...bodyOf(message) };
    if (new TextEncoder().encode(JSON.stringify(frame)).length > this.#options.maxFrameBytes()) {
      this.#refuse(message.client_message_id, 'too_long', '');
      return this.pump();
    }
    this.#inFlight = message;
    if (!this.#options.sendFrame(frame)) {
      this.#inFlight = null;
      return;
    }
    this.#ackTimer = this.#options.clock.setTimeout(() => this.#options.restart(), ACK_MS);
  }

  async #post(message: PendingMessage): Promise<void> {
    this.#inFlight = message;
    this.#posting = true;
    try {
      const { message: stored } = await this.#options.post(message);
      // Whoever took over what was unsent has it on disk, and sends it under the same id.
      if (this.#stopped) return;
      this.#settle(message.client_message_id, { seq: stored.seq, id: stored.id, created_at: stored.created_at, message: stored });
    } catch (error) {
      this.#landed();
      if (!(error instanceof ApiError)) throw error;
      if (this.#stopped) return;
      if (error.isTemporary || error.status === 401) this.#later(error.retryAfter);
      else this.#refuse(message.client_message_id, error.code, error.message);
    }
    this.pump();
  }

  #settle(id: string, where: Omit<Placed, 'pending'>): void {
    if (this.#inFlight?.client_message_id === id) this.#landed();
    if (this.#holding === id) this.#holding = null;
    const pending = this.#outbox.remove(id);
    if (!pending) return;
    this.#attempts = 0;
    this.#notBefore = 0;
    this.#priorFailed = 0;
    this.#malformed = 0;
    this.#options.placed({ pending, ...where });
    this.pump();
  }

  #refuse(id: string, code: string, message: string): void {
    this.#attempts = 0;
    if (this.#holding === id) this.#holding = null;
    this.#outbox.fail(id, { code, message });
  }

  #landed(): void {
    this.#inFlight = null;
    this.#posting = false;
    this.#options.clock.clearTimeout(this.#ackTimer);
  }

  #later(afterMs: number | null): void {
    const backoff = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#attempts, 10)) * (0.5 + this.#options.random() / 2);
    this.#attempts += 1;
    this.#notBefore = this.#options.clock.now() + (afterMs ?? backoff);
  }
}
