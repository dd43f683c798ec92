// The views of the inbox that everybody has: which requests each holds.
import type { SupportRequest } from '@guichet/sdk';
import { holds, unresolved, type Query } from './filter.ts';

export const viewIds = ['mine', 'unassigned', 'open', 'overdue', 'snoozed', 'resolved', 'archived', 'deleted'] as const;
export type ViewId = (typeof viewIds)[number];

/** Those whose counts are told wherever views are. */
export const countedViews: readonly ViewId[] = ['mine', 'unassigned', 'open', 'overdue', 'snoozed'];

interface View {
  /** What the server is asked for. */
  readonly query: Query;
  /** The same, for requests the page already has; `me` is the reader's id. */
  readonly holds: (request: SupportRequest, me: string, now?: number) => boolean;
}

export const views: Readonly<Record<ViewId, View>> = {
  mine: view({ status: unresolved, assignee: 'me' }),
  unassigned: view({ status: unresolved, assignee: 'none' }),
  open: view({ status: unresolved }),
  overdue: view({ overdue: true }),
  snoozed: view({ snoozed: true }),
  resolved: view({ status: ['resolved', 'closed'] }),
  archived: view({ archived: true }),
  deleted: view({ deleted: true }),
};

export function isViewId(word: string | undefined): word is ViewId {
  return (viewIds as readonly (string | undefined)[]).includes(word);
}

function view(query: Query): View {
  return { query, holds: (request, me, now = Date.now()) => holds(query, request, me, now) };
}
