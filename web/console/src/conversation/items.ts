// What a conversation shows, in order: its messages, and between them what became of the request. Pure.
import { isFinal, type ThreadMessage as Message, type TimelineEntry } from '@guichet/sdk';
import type { ThreadItem, ThreadMessage } from '@guichet/ui';

/** What a system line tells: an entry of the timeline, or a message that nobody wrote. */
export type LineContent = { readonly entry: TimelineEntry } | { readonly text: string };

/** The end of a live chat. */
export interface ThreadEnd {
  readonly key: string;
  readonly at: string;
  readonly text: string;
}

export interface Surroundings {
  /** Whether older messages are still to be loaded. */
  readonly hasOlder: boolean;
  readonly online: boolean;
  /** When the live chat ended, in words. */
  readonly ended?: ThreadEnd | undefined;
  /** The reason a message failed, in words. */
  readonly wordFailure: (code: string, message: string) => string | undefined;
}

export function threadItems(
  messages: readonly Message[],
  timeline: readonly TimelineEntry[],
  { hasOlder, online, ended, wordFailure }: Surroundings,
): ThreadItem<LineContent>[] {
  const oldest = messages.find(({ id }) => id !== null)?.created_at;
  // Lines between messages that are not loaded would all stand at the top.
  const lines = timeline.filter(isTold).filter(({ created_at }) => !hasOlder || (oldest !== undefined && isAfter(created_at, oldest)));
  const items: ThreadItem<LineContent>[] = [];
  let next = 0;
  // The opening comes first also where its first message was written down a moment before it.
  const putLinesBefore = (at: string | undefined) => {
    for (let line = lines[next]; line !== undefined && (at === undefined || line.kind === 'created' || isAfter(at, line.created_at)); line = lines[(next += 1)]) {
      items.push({ kind: 'system', key: line.id, at: line.created_at, content: { entry: line } });
    }
  };
  let pendingSeen = false;
  for (const message of messages) {
    if (message.id !== null) putLinesBefore(message.created_at);
    else if (!pendingSeen) putLinesBefore(undefined);
    items.push(itemOf(message, pendingSeen, online, wordFailure));
    pendingSeen ||= message.state === 'pending';
  }
  putLinesBefore(undefined);
  if (ended !== undefined && (!hasOlder || (oldest !== undefined && isAfter(ended.at, oldest)))) {
    const { key, at, text } = ended;
    const place = items.findIndex((item) => isAfter(item.at, at));
    items.splice(place < 0 ? items.length : place, 0, { kind: 'system', key, at, content: { text } });
  }
  return items;
}

function itemOf(message: Message, behind: boolean, online: boolean, wordFailure: Surroundings['wordFailure']): ThreadItem<LineContent> {
  const { key, sender, content, attachments, created_at: at, state, edited, deleted, mine, error } = message;
  if (sender.type === 'system' || message.type === 'system' || message.type === 'status_update') {
    return { kind: 'system', key, at, content: { text: content } };
  }
  const item: ThreadMessage = {
    kind: 'message',
    key,
    sender,
    side: sender.type === 'agent' ? 'me' : 'them',
    own: mine,
    content,
    attachments,
    at,
    state,
    edited,
    deleted,
    failure: error === null ? undefined : wordFailure(error.code, error.message),
    final: error !== null && isFinal(error.code),
  };
  if (state !== 'pending') return item;
  return { ...item, waiting: !online ? 'offline' : behind ? 'after_previous' : 'sending' };
}

/** The details have the whole timeline; between messages only what changes who speaks, or whether. */
export function isTold(entry: TimelineEntry): boolean {
  if (entry.kind === 'created') return true;
  if (entry.kind === 'assignee_changed') return entry.old !== entry.new;
  return entry.kind === 'status_changed' && (isEnd(entry.new) || (isEnd(entry.old) && !isEnd(entry.new)));
}

function isEnd(status: string | null): boolean {
  return status === 'resolved' || status === 'closed';
}

/** Compared as instants: the fractions of two RFC 3339 texts may differ in length. */
function isAfter(later: string, earlier: string): boolean {
  return Date.parse(later) > Date.parse(earlier);
}
