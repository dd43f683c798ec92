// How a conversation is laid out: days, quiet system lines, and messages grouped by sender.
import type { Attachment } from '@guichet/sdk';
import type { TimeFormat } from './time.ts';

export type DeliveryState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

export interface ThreadMessage {
  readonly kind: 'message';
  /** Stable while the message exists: its client's id, else its own. */
  readonly key: string;
  readonly sender: { readonly id: string; readonly name: string };
  /** `me` is drawn at the end side, with receipts: the reader, or the reader's team. */
  readonly side: 'me' | 'them';
  /** Whether the reader wrote it; others are named. */
  readonly own: boolean;
  readonly content: string;
  readonly attachments?: readonly Attachment[];
  readonly at: string;
  readonly state: DeliveryState;
  /** While pending: why it has not left yet. */
  readonly waiting?: 'sending' | 'offline' | 'after_previous';
  /** Once failed: the reason in words. */
  readonly failure?: string | undefined;
  /** Once failed: sending it again could only fail again, so that it is not offered. */
  readonly final?: boolean;
  readonly edited?: boolean;
  readonly deleted?: boolean;
}

export interface ThreadLine<Content = string> {
  readonly kind: 'system';
  readonly key: string;
  readonly at: string;
  readonly content: Content;
  readonly icon?: string;
}

/** Something of the page's own between the messages. */
export interface ThreadAside<Content = string> {
  readonly kind: 'aside';
  readonly key: string;
  readonly at: string;
  readonly content: Content;
}

export type ThreadItem<Content = string> = ThreadMessage | ThreadLine<Content> | ThreadAside<Content>;

export interface DayBlock {
  readonly kind: 'day';
  readonly key: string;
  readonly at: string;
}

export interface GroupBlock {
  readonly kind: 'group';
  readonly key: string;
  readonly side: 'me' | 'them';
  readonly own: boolean;
  readonly sender: ThreadMessage['sender'];
  readonly at: string;
  readonly messages: readonly ThreadMessage[];
}

export type ThreadBlock<Content = string> = DayBlock | ThreadLine<Content> | ThreadAside<Content> | GroupBlock;

/** Messages of one sender stay together while each follows the one before within this time. */
export const groupWindow = 5 * 60_000;

/** Lays out items that are already in order. */
export function layoutThread<Content>(
  items: readonly ThreadItem<Content>[],
  time: Pick<TimeFormat, 'dayNumber'>,
): ThreadBlock<Content>[] {
  const blocks: ThreadBlock<Content>[] = [];
  let group: { block: GroupBlock; messages: ThreadMessage[] } | undefined;
  let day: number | undefined;
  for (const item of items) {
    const itemDay = time.dayNumber(item.at);
    // A clock that was set back must not open a day that has already passed.
    if (day === undefined || itemDay > day) {
      day = itemDay;
      group = undefined;
      blocks.push({ kind: 'day', key: `day-${itemDay}`, at: item.at });
    }
    if (item.kind !== 'message') {
      group = undefined;
      blocks.push(item);
      continue;
    }
    const last = group?.messages.at(-1);
    if (group !== undefined && last !== undefined && follows(last, item)) {
      group.messages.push(item);
      continue;
    }
    const messages = [item];
    const { key, side, own, sender, at } = item;
    const block: GroupBlock = { kind: 'group', key, side, own, sender, at, messages };
    group = { block, messages };
    blocks.push(block);
  }
  return blocks;
}

/** Receipts stand under the last message of each run of equal states; what needs the reader, under each. */
export function showsReceipt(messages: readonly ThreadMessage[], index: number): boolean {
  const message = messages[index];
  if (message === undefined || message.side !== 'me' || message.deleted) return false;
  if (message.state === 'failed' || message.state === 'pending') return true;
  return messages[index + 1]?.state !== message.state;
}

function follows(last: ThreadMessage, next: ThreadMessage): boolean {
  return (
    last.sender.id === next.sender.id && last.side === next.side && Date.parse(next.at) - Date.parse(last.at) <= groupWindow
  );
}
