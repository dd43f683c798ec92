import type { PendingMessage } from './outbox.ts';

/** The most content a message may have, in characters. */
export const MAX_CONTENT = 5_000;

/**
 * The text as it can be sent; null when it is blank or too long. NUL is not text, and half of a
 * surrogate pair, as a cut paste may leave, cannot be written as UTF-8.
 */
export function contentOf(text: string): string | null {
  const content = text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD').replaceAll('\0', '');
  return content.trim() === '' || [...content].length > MAX_CONTENT ? null : content;
}

/** Whether a message refused by this code would be refused again however often it is sent: it can only be taken back. */
export function isFinal(code: string): boolean {
  return isClosed(code) || code === 'too_long' || code.endsWith('.too_long');
}

/** Whether it was refused because its request is closed. */
export function isClosed(code: string): boolean {
  return code === 'closed' || code.endsWith('.closed');
}

/** A message as it is sent, by whatever way. */
export function bodyOf({ client_message_id, content, in_reply_to, attachments }: PendingMessage) {
  return { client_message_id, content, in_reply_to, attachment_ids: attachments?.map(({ id }) => id) };
}
