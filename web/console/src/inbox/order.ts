// The order of a list, as the server sorts it, ids breaking ties: equal times do not trade places. Pure.
import type { RequestSort, SupportRequest } from '@guichet/sdk';
import type { Query } from './filter.ts';
import { activityOf } from './merge.ts';

/** Where a request stands in a list. */
export interface Place {
  readonly key: number;
  readonly id: string;
}

const ranks = { low: 0, normal: 1, high: 2, urgent: 3 } as const;

/**
 * What a list is sorted by, as a number. Databases put what has no deadline at either end;
 * `none` is the number that stands for the end it was found at.
 */
export function keyOf(sort: RequestSort | undefined, request: SupportRequest, none = Infinity): number {
  switch (sort) {
    case 'created_at':
      return Date.parse(request.created_at);
    case 'priority':
      return ranks[request.priority];
    case 'due_at':
      return request.sla.resolution_due_at === null ? none : Date.parse(request.sla.resolution_due_at);
    case 'number':
      return numberOf(request.number);
    default:
      return activityOf(request);
  }
}

/** Negative when `one` comes first. */
export function compare(one: Place, other: Place, order: Query['order']): number {
  // The same infinity twice has no difference.
  const apart = one.key === other.key ? (one.id < other.id ? -1 : Number(one.id > other.id)) : one.key - other.key;
  return order === 'asc' ? apart : -apart;
}

/** The day first, then its counter. */
function numberOf(number: string): number {
  const [day = '0', count = '0'] = number.split('-').slice(-2);
  return Number(day) * 1_000_000 + Number(count);
}
