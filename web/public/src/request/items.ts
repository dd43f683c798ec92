// The thread as its requester reads it: what they wrote first, the messages, and the moments that end it. Pure.
import { isClosed, isFinal, type OwnSupportRequest, type ThreadMessage as StoredMessage } from '@guichet/sdk';
import type { ThreadItem } from '@guichet/ui';
import { check } from '@guichet/ui/icons.tsx';
import type { PageSpeech } from '../texts.ts';

export interface Sources {
  readonly messages: readonly StoredMessage[];
  readonly request: OwnSupportRequest;
  /** Whether older messages are still to be loaded. */
  readonly hasOlder: boolean;
  readonly connected: boolean;
  readonly t: PageSpeech['t'];
}

export function itemsOf({ messages, request, hasOlder, connected, t }: Sources): ThreadItem[] {
  const items: ThreadItem[] = messages.map((message, index) => itemOf(message, messages[index - 1]?.state === 'pending', connected, t));
  // A form's words are the request's, and no message; a chat begins with its first message.
  if (!hasOlder && request.kind !== 'chat' && request.description.trim() !== '') items.unshift(asked(request));
  const moments = [
    { key: 'resolved', at: request.status === 'resolved' ? request.resolved_at : null, content: t('thread.resolved') },
    { key: 'closed', at: request.closed_at, content: t('thread.closed') },
  ];
  for (const { key, at, content } of moments) {
    if (at === null) continue;
    const place = items.findIndex((item) => Date.parse(item.at) > Date.parse(at));
    items.splice(place < 0 ? items.length : place, 0, { kind: 'system', key, at, content, icon: check });
  }
  return items;
}

function asked({ id, requester, description, created_at }: OwnSupportRequest): ThreadItem {
  return { kind: 'message', key: `asked-${id}`, sender: { id: requester.id, name: requester.name }, side: 'me', own: true, content: description, at: created_at, state: 'sent' };
}

function itemOf(message: StoredMessage, behind: boolean, connected: boolean, t: Sources['t']): ThreadItem {
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
    waiting: !connected ? 'offline' : behind ? 'after_previous' : 'sending',
    failure: message.error === null ? undefined : failureOf(message.error, t),
    final: message.error !== null && isFinal(message.error.code),
    edited: message.edited,
    deleted: message.deleted,
  };
}

/** Why a message was refused; the server's own words where there are some. */
function failureOf(error: { readonly code: string; readonly message: string }, t: Sources['t']): string | undefined {
  if (error.code === 'too_long') return t('thread.too_long');
  if (isClosed(error.code)) return t('thread.is_closed');
  return error.message || undefined;
}
