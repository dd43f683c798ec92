// What a conversation shows, in order: its messages, and between them what became of the request. Pure.
import { isFinal, type Note, type ThreadMessage as Message, type TimelineEntry } from '@guichet/sdk';
import type { ThreadItem, ThreadMessage } from '@guichet/ui';

/** What stands between messages: an entry of the timeline, a message that nobody wrote, a note of the staff. */
export type LineContent = { readonly entry: TimelineEntry } | { readonly text: string } | { readonly note: Note };

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
  readonly notes?: readonly Note[];
  /** The reason a message failed, in words. */
  readonly wordFailure: (code: string, message: string) => string | undefined;
}

export function threadItems(
  messages: readonly Message[],
  timeline: readonly TimelineEntry[],
  { hasOlder, online, ended, notes = [], wordFailure }: Surroundings,
): ThreadItem<LineContent>[] {
  const oldest = messages.find(({ id }) => id !== null)?.created_at;
  // Lines between messages that are not loaded would all stand at the top.
  const isLoaded = (at: string) => !hasOlder || (oldest !== undefined && isAfter(at, oldest));
  const lines = timeline.filter(isTold).filter(({ created_at }) => isLoaded(created_at));
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
  if (ended !== undefined && isLoaded(ended.at)) {
    const { key, at, text } = ended;
    putByTime(items, { kind: 'system', key, at, content: { text } });
  }
  for (const note of notes) {
    if (isLoaded(note.created_at)) putByTime(items, { kind: 'aside', key: note.id, at: note.created_at, content: { note } });
  }
  return items;
}

/** Before what is later; what is still on its way comes after everything that has a place. */
function putByTime(items: ThreadItem<LineContent>[], item: ThreadItem<LineContent>): void {
  const place = items.findIndex((other) => isAfter(other.at, item.at) || (other.kind === 'message' && other.state === 'pending'));
  items.splice(place < 0 ? items.length : place, 0, item);
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

/** Turns of the story. */
const told: readonly string[] = ['escalated', 'merged', 'rated', 'follow_up'];

/** The details have the whole timeline; between messages only what changes who speaks, or whether. */
export function isTold(entry: TimelineEntry): boolean {
  if (entry.kind === 'created') return true;
  if (told.includes(entry.kind)) return true;
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
