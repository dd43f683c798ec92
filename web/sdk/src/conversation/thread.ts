import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { Attachment, Message, Participant, SenderType } from '../types.ts';
import type { MessageLog } from './log.ts';
import type { PendingMessage } from './outbox.ts';

/** `pending` until acked; `sent` is durable; `delivered` and `read` are the other side's marks; `failed` waits for its author. */
export type MessageState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as a thread shows it. */
export interface ThreadMessage {
  /** The same before and after the ack, so that its element is kept. */
  readonly key: string;
  /** Null until acked. */
  readonly id: string | null;
  readonly seq: number | null;
  /** Place of the last entry that touched it; null until acked. */
  readonly entry_seq: number | null;
  readonly type: Message['type'];
  readonly sender: { readonly id: string; readonly type: SenderType; readonly name: string };
  /** Written by this very person. */
  readonly mine: boolean;
  readonly content: string;
  readonly attachments: readonly Attachment[];
  readonly created_at: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly in_reply_to: string | null;
  readonly state: MessageState;
  /** Why it failed; `message` may be empty, the page then words `code`. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Sources {
  log: MessageLog;
  pending: ReadonlySignal<readonly PendingMessage[]>;
  participants: ReadonlySignal<readonly Participant[]>;
  me: () => { id: string; name: string } | null;
  side: 'customer' | 'staff';
}

/** The thread: what the log holds, in its order, then what is still to be sent. An unchanged message is the same object as before. */
export function threadOf({ log, pending, participants, me, side }: Sources): ReadonlySignal<readonly ThreadMessage[]> {
  const known = new WeakMap<Message, ThreadMessage>();
  return computed(() => {
    const myId = me()?.id;
    const marks = { customer: marksOf(participants.value, 'customer'), agent: marksOf(participants.value, 'agent') };
    const logged = log.list().map((message) => {
      const state = stateOf(message, marks);
      const mine = message.sender.id === myId || (side === 'customer' && message.sender.type === 'customer');
      const before = known.get(message);
      if (before && before.state === state && before.mine === mine) return before;
      const shown = shownOf(message, state, mine);
      known.set(message, shown);
      return shown;
    });
    const logKeys = new Set(logged.map((message) => message.key));
    return [...logged, ...pending.value.filter((entry) => !logKeys.has(entry.client_message_id)).map((entry) => pendingOf(entry, me(), side))];
  });
}

interface Marks {
  delivered: number;
  read: number;
}

/** How far the people of the other side got. */
function marksOf(participants: readonly Participant[], author: SenderType): Marks {
  const others = participants.filter((person) => person.type !== author && person.type !== 'system');
  return { delivered: Math.max(0, ...others.map((person) => person.delivered_seq)), read: Math.max(0, ...others.map((person) => person.read_seq)) };
}

function stateOf(message: Message, marks: { customer: Marks; agent: Marks }): MessageState {
  if (message.sender.type === 'system') return 'sent';
  const { delivered, read } = marks[message.sender.type];
  if (message.seq <= read) return 'read';
  return message.seq <= delivered ? 'delivered' : 'sent';
}

function shownOf(message: Message, state: MessageState, mine: boolean): ThreadMessage {
  return {
    key: message.client_message_id ?? message.id,
    id: message.id,
    seq: message.seq,
    entry_seq: message.entry_seq,
    type: message.type,
    sender: message.sender,
    mine,
    content: message.content ?? '',
    attachments: message.attachments,
    created_at: message.created_at,
    edited: message.edited_at !== null,
    deleted: message.deleted_at !== null,
    in_reply_to: message.in_reply_to,
    state,
    error: null,
  };
}

function pendingOf(entry: PendingMessage, me: { id: string; name: string } | null, side: 'customer' | 'staff'): ThreadMessage {
  return {
    key: entry.client_message_id,
    id: null,
    seq: null,
    entry_seq: null,
    type: 'text',
    sender: { id: me?.id ?? '', type: side === 'staff' ? 'agent' : 'customer', name: me?.name ?? '' },
    mine: true,
    content: entry.content,
    attachments: entry.attachments ?? [],
    created_at: entry.created_at,
    edited: false,
    deleted: false,
    in_reply_to: entry.in_reply_to ?? null,
    state: entry.failed ? 'failed' : 'pending',
    error: entry.failed ?? null,
  };
}
