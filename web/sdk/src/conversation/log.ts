import { signal } from '@preact/signals-core';
import type { Message } from '../types.ts';

/** What became of an entry: applied in its turn, old news, or one that came too early. */
export type Verdict = 'applied' | 'old' | 'gap';

/**
 * The messages of one conversation and the position reached in its log. An entry is applied only when
 * it is the next one; so the list never has a hole, a repeat or a wrong order.
 */
export class MessageLog {
  /** Grows with each change of the list. */
  readonly revision = signal(0);
  /** The history `last` belongs to. */
  epoch: string | undefined;
  #last: number | null = null;
  /** Up to here messages are loaded as they stand, not entry by entry. */
  #historyTo = 0;
  /** From this `seq` on every message is loaded up to the position. */
  #wholeFrom = 0;
  #loading = false;
  readonly #messages = new Map<string, Message>();
  /** Own messages whose ack came before the entries below them. */
  readonly #early = new Map<number, Message>();
  #sorted: { revision: number; messages: readonly Message[] } = { revision: -1, messages: [] };

  /** The last entry applied; null before anything is known. */
  get last(): number | null {
    return this.#last;
  }

  /** In the order of the log. */
  list(): readonly Message[] {
    const revision = this.revision.value;
    if (this.#sorted.revision !== revision) {
      this.#sorted = { revision, messages: [...this.#messages.values(), ...this.#early.values()].sort((a, b) => a.seq - b.seq) };
    }
    return this.#sorted.messages;
  }

  /** `seq` of the oldest and newest message held, 0 when there is none. */
  get oldest(): number {
    return this.list()[0]?.seq ?? 0;
  }

  get newest(): number {
    return this.list().at(-1)?.seq ?? 0;
  }

  /** Forgets everything: the position cannot be honoured. */
  reset(): void {
    this.#last = null;
    this.#historyTo = 0;
    this.#loading = false;
    this.epoch = undefined;
    this.#messages.clear();
    this.#early.clear();
    this.#changed();
  }

  /** Without a position the server gives the newest messages, then every entry after `lastSeq`. */
  begin(epoch: string | undefined, lastSeq: number): void {
    this.#last = lastSeq;
    this.#historyTo = lastSeq;
    this.#loading = true;
    this.epoch = epoch;
    this.#changed();
  }

  /** The newest messages have all come. */
  loaded(): void {
    this.#loading = false;
    this.#markWhole();
  }

  /**
   * The position to go on from; null to begin anew. A load that was cut off has no position:
   * going on from its end would leave a hole in what came before.
   */
  resumeFrom(): number | null {
    if (this.#loading) this.reset();
    return this.#last;
  }

  /** An entry at `seq` left this message as it is. */
  apply(seq: number, message: Message): Verdict {
    const last = this.#last;
    if (last === null || seq <= last) {
      if (seq > this.#historyTo) return 'old';
      this.#put(message);
      return 'old';
    }
    if (seq > last + 1) return 'gap';
    this.#advance(seq, message);
    return 'applied';
  }

  /** Our own message, acked at `message.seq`: it takes that place in the order. */
  own(message: Message): Verdict {
    const last = this.#last;
    if (last !== null && message.seq > last + 1) {
      this.#early.set(message.seq, message);
      this.#changed();
      return 'gap';
    }
    if (last !== null && message.seq === last + 1) {
      this.#advance(message.seq, message);
      return 'applied';
    }
    // Below the oldest one held there may be others not loaded: it comes with them.
    if (message.seq >= this.oldest || this.oldest === 0) this.#put(message);
    return 'old';
  }

  /** A poll's answer: the changed messages as they stand, up to `last`; without a position, the newest ones. */
  catchUp(messages: readonly Message[], last: number, epoch: string): void {
    const isFirst = this.#last === null;
    // An edit of a message that is not loaded only moves the position: it comes with those above it.
    for (const message of messages) if (isFirst || message.seq >= this.#wholeFrom || this.#messages.has(message.id)) this.#put(message);
    this.#last = Math.max(this.#last ?? 0, last);
    if (isFirst) this.#markWhole();
    this.epoch = epoch;
    this.#releaseEarly();
  }

  /** Messages older than the oldest one held. */
  prepend(messages: readonly Message[]): void {
    for (const message of messages) this.#put(message);
    this.#markWhole();
  }

  /** What is beyond the position, as an own message may be, says nothing of those below it. */
  #markWhole(): void {
    this.#wholeFrom = Math.min(this.oldest, (this.#last ?? 0) + 1);
  }

  #advance(seq: number, message: Message): void {
    this.#last = seq;
    // An edit of a message that is not loaded only moves the position.
    if (message.seq === seq || this.#messages.has(message.id) || message.seq >= this.oldest) this.#put(message);
    this.#releaseEarly();
  }

  #releaseEarly(): void {
    for (const [seq, message] of [...this.#early].sort(([a], [b]) => a - b)) {
      if (this.#last === null || seq > this.#last + 1) return;
      this.#early.delete(seq);
      this.#last = Math.max(this.#last, seq);
      this.#put(message);
    }
  }

  #put(message: Message): void {
    const known = this.#messages.get(message.id);
    if (known && known.entry_seq > message.entry_seq) return;
    // Only the sender is told the client_message_id, and not by every path: it is kept.
    const merged = known?.client_message_id && !message.client_message_id ? { ...message, client_message_id: known.client_message_id } : message;
    this.#messages.set(message.id, merged);
    this.#early.delete(message.seq);
    this.#changed();
  }

  #changed(): void {
    this.revision.value = this.revision.peek() + 1;
  }
}
