import { isClosed, isFinal, type OwnSupportRequest, type ThreadMessage as StoredMessage } from '@guichet/sdk';
import type { Speech, ThreadItem, UiKey } from '@guichet/ui';
import { check } from '@guichet/ui/icons.tsx';
import type { WidgetKey } from '../texts.ts';

interface Sources {
  readonly messages: readonly StoredMessage[];
  readonly request: OwnSupportRequest | null;
  /** When the live chat ended. */
  readonly ended?: string | null | undefined;
  readonly connected: boolean;
  readonly t: Speech<WidgetKey | UiKey>['t'];
}

/** The thread as a visitor reads it: the messages, and the moments of their request that matter to them. */
export function itemsOf({ messages, request, ended = null, connected, t }: Sources): ThreadItem[] {
  const items: ThreadItem[] = messages.map((message) => itemOf(message, connected, t));
  const moments: { key: string; at: string | null; content: string }[] = [
    { key: 'ended', at: ended, content: t('conversation.ended') },
    { key: 'resolved', at: request?.status === 'resolved' ? request.resolved_at : null, content: t('conversation.resolved') },
    { key: 'closed', at: request?.closed_at ?? null, content: t('conversation.closed') },
  ];
  for (const { key, at, content } of moments) {
    if (at === null) continue;
    const place = items.findIndex((item) => Date.parse(item.at) > Date.parse(at));
    items.splice(place < 0 ? items.length : place, 0, { kind: 'system', key, at, content, icon: check });
  }
  return items;
}

function itemOf(message: StoredMessage, connected: boolean, t: Sources['t']): ThreadItem {
  if (message.sender.type === 'system') return { kind: 'system', key: message.key, at: message.created_at, content: message.content };
  return {
    kind: 'message',
    key: message.key,
    sender: message.sender,
    side: message.mine ? 'me' : 'them',
    own: message.mine,
    content: message.content,
    attachments: message.attachments,
    at: message.created_at,
    state: message.state,
    waiting: connected ? 'sending' : 'offline',
    failure: message.error ? failureOf(message.error, t) : undefined,
    final: message.error !== null && isFinal(message.error.code),
    edited: message.edited,
    deleted: message.deleted,
  };
}

/** Why a message was refused; the server's own words where there are some. */
function failureOf(error: { code: string; message: string }, t: Sources['t']): string | undefined {
  if (error.code === 'too_long') return t('failure.too_long');
  if (isClosed(error.code)) return t('failure.closed');
  return error.message || undefined;
}
