// Which requests a list holds: the server's query parameters, read, written, and applied to the
// requests the page already has. Pure.
import type { Priority, RequestKind, RequestSort, RequestSource, RequestStatus, SupportRequest, SupportRequestFilter } from '@guichet/sdk';
import { isOverdue } from '../details/due.ts';

export const statuses: readonly RequestStatus[] = ['open', 'assigned', 'in_progress', 'waiting_customer', 'resolved', 'closed'];
export const unresolved: readonly RequestStatus[] = ['open', 'assigned', 'in_progress', 'waiting_customer'];
export const priorities: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];
export const kinds: readonly RequestKind[] = ['chat', 'contact_form', 'claim', 'order_issue', 'product_issue', 'appointment'];
export const sources: readonly RequestSource[] = ['web', 'email', 'phone', 'chat', 'integration'];
export const sorts: readonly RequestSort[] = ['updated_at', 'created_at', 'priority', 'due_at', 'number'];

export type Filter = Omit<SupportRequestFilter, 'changed_since'>;

/** Which requests, and in which order; the newest activity first unless said. */
export interface Query extends Filter {
  readonly sort?: RequestSort;
  readonly order?: 'asc' | 'desc';
}

const lists = { status: statuses, priority: priorities, kind: kinds, source: sources } as const;
const words = ['category', 'assignee', 'requester', 'tag', 'order_id', 'appointment_id', 'warranty_id', 'claim_id', 'created_from', 'created_to', 'q'] as const;
const flags = ['overdue', 'snoozed', 'archived', 'deleted'] as const;

/** Reads what a saved view or an address says; what is not a filter is passed over. */
export function readQuery(said: Readonly<Record<string, unknown>>): Query {
  const query: Record<string, unknown> = {};
  for (const name of ['status', 'priority', 'kind', 'source'] as const) {
    const values = (Array.isArray(said[name]) ? said[name] : String(said[name] ?? '').split(',')) as unknown[];
    const known = (lists[name] as readonly string[]).filter((word) => values.includes(word));
    if (known.length > 0) query[name] = known;
  }
  for (const name of words) if (typeof said[name] === 'string' && said[name] !== '') query[name] = said[name];
  for (const name of flags) if (said[name] === true || said[name] === 'true') query[name] = true;
  if (sorts.some((sort) => sort === said['sort'])) query['sort'] = said['sort'];
  if (said['order'] === 'asc' || said['order'] === 'desc') query['order'] = said['order'];
  return query;
}

/** The same as parameters, each a text, in one order: equal queries are written alike. */
export function writeQuery(query: Query): Record<string, string> {
  const said: Record<string, string> = {};
  for (const name of ['status', 'priority', 'kind', 'source'] as const) {
    const values: readonly string[] = query[name] ?? [];
    if (values.length > 0) said[name] = (lists[name] as readonly string[]).filter((word) => values.includes(word)).join(',');
  }
  for (const name of words) if (query[name]) said[name] = query[name];
  for (const name of flags) if (query[name]) said[name] = 'true';
  if (query.sort) said['sort'] = query.sort;
  if (query.order) said['order'] = query.order;
  return said;
}

/** Whether the server's list would hold the request now; `me` is the reader's id. What is searched for only the server knows. */
export function holds(filter: Filter, request: SupportRequest, me: string, now: number): boolean {
  if (isDeleted(request) !== (filter.deleted ?? false)) return false;
  if (!filter.deleted && isArchived(request) !== (filter.archived ?? false)) return false;
  if (!filter.deleted && isSnoozed(request) !== (filter.snoozed ?? false)) return false;
  if (filter.status !== undefined && !filter.status.includes(request.status)) return false;
  if (filter.priority !== undefined && !filter.priority.includes(request.priority)) return false;
  if (filter.kind !== undefined && !filter.kind.includes(request.kind)) return false;
  if (filter.source !== undefined && !filter.source.includes(request.source)) return false;
  if (filter.category !== undefined && request.category !== filter.category) return false;
  if (filter.tag !== undefined && !request.tags.includes(filter.tag.trim().toLowerCase())) return false;
  if (filter.assignee !== undefined && (request.assignee?.id ?? 'none') !== (filter.assignee === 'me' ? me : filter.assignee)) return false;
  if (filter.requester !== undefined && !isRequester(request, filter.requester)) return false;
  if (filter.overdue && !isOverdue(request, now)) return false;
  for (const name of ['order_id', 'appointment_id', 'warranty_id', 'claim_id'] as const) {
    if (filter[name] !== undefined && request.context[name] !== filter[name]) return false;
  }
  const created = Date.parse(request.created_at);
  if (filter.created_from !== undefined && created < Date.parse(filter.created_from)) return false;
  return filter.created_to === undefined || created < Date.parse(filter.created_to);
}

export function isSnoozed(request: SupportRequest): boolean {
  return Boolean(request.snoozed_until);
}

export function isArchived(request: SupportRequest): boolean {
  return Boolean(request.archived_at);
}

export function isDeleted(request: SupportRequest): boolean {
  return Boolean(request.deleted_at);
}

function isRequester({ requester }: SupportRequest, idOrEmail: string): boolean {
  return requester.id === idOrEmail || requester.email?.toLowerCase() === idOrEmail.trim().toLowerCase();
}
