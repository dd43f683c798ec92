import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import type { ConversationApi } from '../api/conversations.ts';
import { uuid, type Clock, type KeyValueStore, type TimerId } from '../env.ts';
import { ApiError } from '../errors.ts';
import type { ConversationEventFrame, ConversationFrame, EntryFrame, PresenceFrame, QueuePosition, ReceiptFrame, SubscribedFrame } from '../frames.ts';
import type { Channel, RealtimeClient } from '../realtime/client.ts';
import type { Attachment, ChatSession, Message, Participant, Sender as Author } from '../types.ts';
import { bodyOf, contentOf } from './content.ts';
import { Draft } from './draft.ts';
import { MessageLog, type Verdict } from './log.ts';
import { Marks } from './marks.ts';
import { Outbox } from './outbox.ts';
import { Poller } from './poller.ts';
import { Sender, type Placed } from './sender.ts';
import type { Tab } from './tab.ts';
import { threadOf, type ThreadMessage } from './thread.ts';
import type { Tray } from './tray.ts';
import { Typing } from './typing.ts';
import { set } from '../signals.ts';

/** `loading` before the first answer, `live` when nothing is missing, `catching_up` after a lost connection, `refused` when it may not be seen. */
export type ConversationPhase = 'loading' | 'live' | 'catching_up' | 'refused';

/** On which side of the counter the person is. */
export type Side = 'customer' | 'staff';

export interface StoreOptions {
  id: string;
  side: Side;
  /** The person, as far as known; the server's `welcome` completes it. */
  me?: { id: string; name: string } | null;
  /** Unsent messages and drafts are kept apart by person. */
  scope: string;
  api: ConversationApi;
  realtime: RealtimeClient;
  storage: KeyValueStore;
  clock: Clock;
  random: () => number;
  tab: Tab;
}

const SUBSCRIBED_MS = 10_000;
const REFUSED_RETRY_MS = 5_000;
const OLDER_PAGE = 50;

/**
 * One conversation as this person sees it: the messages in the order of the log, then what is still
 * to be sent. It follows the log over lost connections without a hole or a repeat, and sends in order.
 */
export class ConversationStore {
  readonly id: string;
  readonly messages: ReadonlySignal<readonly ThreadMessage[]>;
  readonly phase: ReadonlySignal<ConversationPhase> = signal<ConversationPhase>('loading');
  readonly participants: ReadonlySignal<readonly Participant[]> = signal<readonly Participant[]>([]);
  /** The last live period; null while none is known. */
  readonly session: ReadonlySignal<ChatSession | null> = signal<ChatSession | null>(null);
  /** The customer's place in the queue; null when the chat does not wait, and for staff. */
  readonly queue: ReadonlySignal<QueuePosition | null> = signal<QueuePosition | null>(null);
  readonly typing: ReadonlySignal<readonly { id: string; name: string }[]>;
  /** Messages of the other side, among those loaded, that this side has not read. */
  readonly unread: ReadonlySignal<number>;
  readonly hasOlder: ReadonlySignal<boolean> = signal(false);
  readonly loadingOlder: ReadonlySignal<boolean> = signal(false);
  /** True while a message of this conversation waits on this device to be sent, by this tab or an ended one, or a file is uploaded. */
  readonly busy: ReadonlySignal<boolean>;
  readonly draft: ReadonlySignal<string>;
  /** Null while nothing was attached. */
  readonly tray: ReadonlySignal<Tray | null> = signal<Tray | null>(null);

  readonly #options: StoreOptions;
  readonly #log = new MessageLog();
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #typing: Typing;
  readonly #draft: Draft;
  readonly #poller: Poller;
  readonly #marks: Marks;
  readonly #detach: () => void;
  readonly #stopWatching: () => void;
  #asking = false;
  #resuming = false;
  #refusals = 0;
  #askTimer: TimerId | undefined;

  constructor(options: StoreOptions) {
    const { id, scope, storage, tab, clock, random, realtime, api } = options;
    this.id = id;
    this.#options = options;
    this.#outbox = new Outbox({ scope, conversationId: id, storage, tab, clock });
    this.#draft = new Draft(storage, scope, id);
    this.#typing = new Typing(clock, (is_typing) => realtime.send({ type: 'typing', conversation_id: id, is_typing }));
    this.#sender = new Sender({
      conversationId: id,
      outbox: this.#outbox,
      clock,
      random,
      way: () => this.#way(),
      sendFrame: (frame) => realtime.send(frame),
      post: (message) => api.send(id, bodyOf(message)),
      maxFrameBytes: () => realtime.maxFrameBytes,
      restart: () => realtime.restart(),
      placed: (placed) => this.#placed(placed),
    });
    this.#marks = new Marks({
      conversationId: id,
      clock,
      way: () => this.#way(),
      sendFrame: (frame) => realtime.send(frame),
      postRead: (seq) => api.read(id, seq),
      mine: () => this.#myMarks(),
      moved: (participant, change) => this.#update(participant, change),
    });
    this.#poller = new Poller(clock, random, () => this.#poll());

    this.typing = this.#typing.others;
    this.draft = this.#draft.text;
    this.busy = computed(() => this.tray.value?.uploading || this.#outbox.foreign.value > 0 || this.#outbox.entries.value.some((entry) => !entry.failed));
    this.messages = threadOf({ log: this.#log, pending: this.#outbox.entries, participants: this.participants, me: () => this.#me(), side: options.side });
    this.unread = computed(() => this.#countUnread());

    this.#outbox.start();
    this.#detach = realtime.attach(id, this.#channel());
    this.#stopWatching = effect(() => {
      const rest = realtime.transport.value === 'rest';
      // What follows reads signals it must not depend on.
      queueMicrotask(() => (rest ? this.#poller.start() : this.#poller.stop()));
    });
  }

  /**
   * Queues a message; it is on disk when this returns and is sent as soon as can be, with what the tray holds.
   * The text is sent as it is; returns false, and keeps nothing, when it is blank or too long, or when the tray is
   * not ready yet: it then sends by itself.
   */
  send(content: string, inReplyTo?: string): boolean {
    return this.tray.value?.count ? this.tray.value.send(content) : this.post(content, inReplyTo);
  }

  /** Queues a message with these files, whatever the tray holds. With some, the text may be blank. */
  post(content: string, inReplyTo?: string, attachments?: readonly Attachment[]): boolean {
    const text = contentOf(content) ?? (attachments && content.trim() === '' ? '' : null);
    if (text === null) return false;
    const created_at = new Date(this.#options.clock.now()).toISOString();
    this.#outbox.add({ client_message_id: uuid(), content: text, created_at, ...(inReplyTo ? { in_reply_to: inReplyTo } : {}), ...(attachments ? { attachments } : {}) });
    this.#typing.sent();
    this.#sender.pump();
    return true;
  }

  /** Sends a failed message again, under the same id. `key` is the message's. */
  retry(key: string): void {
    this.#sender.retry(key);
  }

  /** Gives up a message that was not acked; its text is returned when it could still be taken back, and its files go with the next one. */
  discard(key: string): string | undefined {
    const given = this.#sender.discard(key);
    if (given?.attachments) this.tray.value?.restore(given.attachments);
    return given?.content;
  }

  setDraft(text: string): void {
    this.#draft.set(text);
    this.#typing.write(text.trim() !== '');
  }

  /** The field lost the focus. */
  stopTyping(): void {
    this.#typing.write(false);
  }

  /** The person has everything up to the newest message in view; told to the server now or when it can be. */
  markRead(): void {
    this.#marks.read(this.#log.newest);
  }

  /** Loads a page of older messages. Rejects with an `ApiError`. */
  async loadOlder(): Promise<void> {
    if (this.loadingOlder.value || !this.hasOlder.value) return;
    set(this.loadingOlder, true);
    try {
      const page = await this.#options.api.messages(this.id, { before_seq: this.#log.oldest, limit: OLDER_PAGE });
      this.#log.prepend(page.items);
      set(this.hasOlder, page.has_more && page.items.length > 0);
    } finally {
      set(this.loadingOlder, false);
    }
  }

  /** Stops following. What is unsent stays on disk. */
  dispose(): void {
    this.#detach();
    this.#stopWatching();
    this.#poller.stop();
    this.#sender.stop();
    this.#outbox.stop();
    this.#typing.clear();
    this.#options.clock.clearTimeout(this.#askTimer);
    this.#marks.stop();
  }

  #channel(): Channel {
    return {
      position: () => this.#position(),
      receive: (frame) => this.#receive(frame),
      refused: (code) => this.#refusedBy(code),
      disconnected: (code) => {
        this.#asking = false;
        this.#options.clock.clearTimeout(this.#askTimer);
        if (this.phase.value === 'live') set(this.phase, 'catching_up');
        this.#typing.clear();
        this.#marks.forget();
        this.#sender.disconnected(code);
      },
    };
  }

  /** Called for each subscription: from here on the server's answer is awaited. */
  #position(): { epoch?: string; after_seq?: number } {
    const { clock, realtime } = this.#options;
    this.#asking = true;
    clock.clearTimeout(this.#askTimer);
    this.#askTimer = clock.setTimeout(() => realtime.restart(), SUBSCRIBED_MS);
    const last = this.#log.resumeFrom();
    this.#resuming = last !== null;
    return last === null ? {} : { epoch: this.#log.epoch, after_seq: last };
  }

  #receive(frame: ConversationFrame | PresenceFrame): void {
    switch (frame.type) {
      case 'subscribed':
        return this.#subscribed(frame);
      case 'live':
        return this.#live(frame.seq);
      case 'reset':
        return this.#reset(frame.reason);
      case 'unsubscribed':
        // The answer to our own leaving may come after we are back.
        if (frame.reason === 'requested') return;
        this.#answered();
        return set(this.phase, 'refused');
      case 'message':
      case 'message_edited':
      case 'message_deleted':
        return this.#entry(frame);
      case 'ack':
        return this.#sender.acked(frame);
      case 'nack':
        return this.#sender.nacked(frame);
      case 'receipt':
        return this.#receipt(frame);
      case 'typing':
        if (frame.participant_id !== this.#me()?.id) this.#typing.heard(frame);
        return;
      case 'presence':
        return this.#update(frame.participant_id, { online: frame.online });
      case 'conversation':
        return this.#event(frame);
    }
  }

  #subscribed(frame: SubscribedFrame): void {
    this.#answered();
    this.#marks.forget();
    set(this.participants, frame.participants);
    // Told anew while it waits.
    set(this.queue, null);
    if (this.#resuming) this.#log.epoch = this.#options.realtime.epoch;
    else this.#log.begin(this.#options.realtime.epoch, frame.last_seq);
  }

  #answered(): void {
    this.#asking = false;
    this.#refusals = 0;
    this.#options.clock.clearTimeout(this.#askTimer);
  }

  #live(seq: number): void {
    if (this.#asking) return;
    if (seq > (this.#log.last ?? 0)) return this.#askAgain();
    this.#log.loaded();
    set(this.phase, 'live');
    if (!this.#resuming) set(this.hasOlder, this.#log.oldest > 1);
    this.#marks.tellRead();
    this.#marks.tellDelivered(() => this.#newestOfOthers());
    this.#sender.pump();
  }

  /** The server starts the subscription afresh by itself, but for one that it forbids. */
  #reset(reason: string): void {
    this.#log.reset();
    set(this.hasOlder, false);
    this.#resuming = false;
    if (reason === 'forbidden') this.#answered();
    set(this.phase, reason === 'forbidden' ? 'refused' : 'loading');
  }

  #entry(frame: EntryFrame): void {
    // An own message that comes back by itself: its ack was lost.
    this.#sender.seen(frame.message);
    this.#judge(this.#log.apply(frame.seq, frame.message));
    this.#typing.stopped(frame.message.sender.id);
    this.#marks.tellDelivered(() => this.#newestOfOthers());
  }

  #placed({ pending, seq, id, created_at, message }: Placed): void {
    const me = this.#me();
    const sender: Author = { id: me?.id ?? '', type: this.#options.side === 'staff' ? 'agent' : 'customer', name: me?.name ?? '' };
    const attachments = [...(pending.attachments ?? [])];
    const type = !attachments[0] ? 'text' : attachments.every(({ mime_type }) => mime_type.startsWith('image/')) ? 'image' : 'file';
    const own: Message = message ?? {
      id, seq, entry_seq: seq, sender, type, content: pending.content, attachments, in_reply_to: pending.in_reply_to ?? null,
      client_message_id: pending.client_message_id, status: 'sent', created_at, edited_at: null, deleted_at: null,
    };
    // While history or replay runs, the place is reached by itself.
    const verdict = this.#log.own({ ...own, client_message_id: pending.client_message_id });
    if (this.phase.value === 'live') this.#judge(verdict);
  }

  #judge(verdict: Verdict): void {
    if (verdict === 'gap') this.#askAgain();
  }

  #askAgain(): void {
    if (this.#asking || this.#way() === 'rest') return;
    if (this.phase.value === 'live') set(this.phase, 'catching_up');
    this.#options.realtime.subscribe(this.id);
  }

  #refusedBy(code: string): void {
    this.#answered();
    if (/not_found|forbidden|gone/.test(code)) return set(this.phase, 'refused');
    this.#refusals += 1;
    this.#askTimer = this.#options.clock.setTimeout(() => this.#options.realtime.subscribe(this.id), REFUSED_RETRY_MS * Math.min(this.#refusals, 6));
  }

  #receipt(frame: ReceiptFrame): void {
    const known = this.participants.value.find((person) => person.id === frame.participant_id);
    if (!known) return void this.#refreshParticipants();
    this.#update(frame.participant_id, {
      delivered_seq: Math.max(known.delivered_seq, frame.delivered_seq),
      read_seq: Math.max(known.read_seq, frame.read_seq),
      read_at: frame.read_at ?? known.read_at,
    });
  }

  #event(frame: ConversationEventFrame): void {
    if (frame.event === 'queue_position') return set(this.queue, frame.data.position ? frame.data : null);
    if (frame.event === 'participant_joined') return void this.#refreshParticipants();
    // A later server may tell more.
    if (!frame.event.startsWith('session')) return;
    const known = this.session.value;
    const session = frame.data;
    // What has ended stays so, whatever comes late.
    if (known && (known.id === session.id ? known.ended_at : known.started_at > session.started_at)) return;
    set(this.session, session);
  }

  #update(participantId: string, change: Partial<Participant>): void {
    if (!this.participants.value.some((person) => person.id === participantId)) return;
    set(this.participants, this.participants.value.map((person) => (person.id === participantId ? { ...person, ...change } : person)));
  }

  async #refreshParticipants(): Promise<void> {
    try {
      set(this.participants, (await this.#options.api.get(this.id)).participants);
    } catch (error) {
      // The next subscription brings them again; until then the marks of a newcomer are unknown, which is what is shown.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #newestOfOthers(): number {
    return this.#log.list().findLast((message) => message.sender.id !== this.#me()?.id)?.seq ?? 0;
  }

  #countUnread(): number {
    const [theirs, ours] = this.#options.side === 'staff' ? ['customer', 'agent'] : ['agent', 'customer'];
    const read = Math.max(0, ...this.participants.value.filter((person) => person.type === ours).map((person) => person.read_seq));
    return this.#log.list().filter((message) => message.sender.type === theirs && message.seq > read && !message.deleted_at).length;
  }

  #myMarks(): Participant | undefined {
    return this.participants.value.find((person) => person.id === this.#me()?.id);
  }

  #me(): { id: string; name: string } | null {
    return this.#options.realtime.user.value ?? this.#options.me ?? null;
  }

  #way(): 'socket' | 'rest' | 'none' {
    const { realtime } = this.#options;
    if (realtime.state.value === 'signed_out' || this.phase.value === 'refused') return 'none';
    if (realtime.transport.value === 'rest') return 'rest';
    return realtime.state.value === 'online' && this.phase.value === 'live' ? 'socket' : 'none';
  }

  async #poll(): Promise<void> {
    const { api, realtime } = this.#options;
    try {
      for (;;) {
        const after_seq = this.#log.resumeFrom() ?? undefined;
        const page = await api.messages(this.id, { after_seq });
        if (realtime.transport.value !== 'rest') return;
        if (this.#log.epoch !== undefined && page.epoch !== this.#log.epoch) {
          this.#log.reset();
          continue;
        }
        for (const message of page.items) this.#sender.seen(message);
        const more = after_seq !== undefined && page.has_more && page.items.length > 0;
        this.#log.catchUp(page.items, more ? page.items.at(-1)!.entry_seq : page.last_seq, page.epoch);
        if (after_seq === undefined) set(this.hasOlder, page.has_more);
        if (!more) break;
      }
      set(this.participants, (await api.get(this.id)).participants);
      set(this.phase, 'live');
      realtime.restAnswered(true);
      this.#marks.tellRead();
      this.#sender.pump();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404 || error.status === 403) set(this.phase, 'refused');
      realtime.restAnswered(!error.isTemporary);
      throw error;
    }
  }
}
