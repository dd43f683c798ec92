// How two states of one support request become one. Requests arrive from lists, from single
// fetches, from answers to commands and from the socket, in any order and more than once; the
// result must not depend on which came first.
import type { LastMessage, SupportRequest } from '@guichet/sdk';

/**
 * The newer of both, part by part: the request's own fields by `version` (and, as the first answer
 * makes no version, by the time of the change), the last message by its place and by the last
 * entry that touched it, unread by the last message (until the next one comes it only falls, by reading).
 * Commutative, associative and idempotent; returns `known` itself when nothing is new.
 */
export function merge(known: SupportRequest, candidate: SupportRequest): SupportRequest {
  const fields = isLater(candidate, known) ? candidate : known;
  const knownSeq = seqOf(known.last_message);
  const candidateSeq = seqOf(candidate.last_message);
  const newer = candidateSeq === knownSeq ? touchOf(candidate.last_message) > touchOf(known.last_message) : candidateSeq > knownSeq;
  const words = newer ? candidate : known;
  const unread = candidateSeq === knownSeq ? Math.min(known.unread_count, candidate.unread_count) : words.unread_count;
  if (fields === known && words === known && unread === known.unread_count) return known;
  return { ...fields, last_message: words.last_message, unread_count: unread };
}

/** A total order, so that no two states can each be later than the other. */
function isLater(one: SupportRequest, other: SupportRequest): boolean {
  if (one.version !== other.version) return one.version > other.version;
  const apart = Date.parse(one.updated_at) - Date.parse(other.updated_at);
  // Below the millisecond the texts decide.
  return apart !== 0 ? apart > 0 : one.updated_at > other.updated_at;
}

/** When something last happened, in milliseconds: what lists are sorted by and what a row's age tells. */
export function activityOf(request: SupportRequest): number {
  const changed = Date.parse(request.updated_at);
  return request.last_message === null ? changed : Math.max(changed, Date.parse(request.last_message.created_at));
}

function touchOf(message: LastMessage | null): number {
  return message?.entry_seq ?? 0;
}

function seqOf(message: LastMessage | null): number {
  return message?.seq ?? 0;
}
