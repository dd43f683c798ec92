import type { Clock, TimerId } from '../env.ts';
import type { ClientFrame } from '../frames.ts';
import type { Participant } from '../types.ts';

export interface MarksOptions {
  conversationId: string;
  clock: Clock;
  way(): 'socket' | 'rest' | 'none';
  sendFrame(frame: ClientFrame): boolean;
  postRead(seq: number): Promise<unknown>;
  /** This person among the participants, if they are one. */
  mine(): Participant | undefined;
  moved(participantId: string, change: Partial<Participant>): void;
}

const DELIVERED_MS = 200;

/** Tells the server how far this person got: each mark once a connection, later if it cannot be told now. */
export class Marks {
  readonly #options: MarksOptions;
  #readWanted = 0;
  #readTold = 0;
  #deliveredTold = 0;
  #timer: TimerId | undefined;

  constructor(options: MarksOptions) {
    this.#options = options;
  }

  read(seq: number): void {
    this.#readWanted = Math.max(this.#readWanted, seq);
    this.tellRead();
  }

  tellRead(): void {
    const { conversationId, way, sendFrame, postRead, mine, moved } = this.#options;
    const seq = this.#readWanted;
    const me = mine();
    if (seq <= Math.max(this.#readTold, me?.read_seq ?? 0)) return;
    const by = way();
    if (by === 'none' || (by === 'socket' && !sendFrame({ type: 'read', conversation_id: conversationId, seq }))) return;
    this.#readTold = seq;
    // What could not be told is told again with the next poll.
    if (by === 'rest') postRead(seq).catch(() => (this.#readTold = 0));
    if (me) moved(me.id, { read_seq: seq, delivered_seq: Math.max(seq, me.delivered_seq) });
  }

  /** Many messages that come at once are reported once. `newest` is asked when it is time. */
  tellDelivered(newest: () => number): void {
    const { conversationId, clock, way, sendFrame, mine } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => {
      const seq = newest();
      if (way() !== 'socket' || seq <= Math.max(this.#deliveredTold, this.#readTold, mine()?.delivered_seq ?? 0)) return;
      if (sendFrame({ type: 'delivered', conversation_id: conversationId, seq })) this.#deliveredTold = seq;
    }, DELIVERED_MS);
  }

  /** The connection ended, or the server said anew how far it knows us to be: what was handed over may not have arrived. */
  forget(): void {
    this.#readTold = 0;
    this.#deliveredTold = 0;
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }
}
