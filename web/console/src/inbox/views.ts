// The views of the inbox: which requests each holds, said twice: to the server and to the page.
import type { RequestStatus, SupportRequest, SupportRequestQuery } from '@guichet/sdk';

export const viewIds = ['mine', 'unassigned', 'open', 'resolved'] as const;
export type ViewId = (typeof viewIds)[number];

const unresolved: readonly RequestStatus[] = ['open', 'assigned', 'in_progress', 'waiting_customer'];
const done: readonly RequestStatus[] = ['resolved', 'closed'];

interface View {
  /** What the server is asked for. */
  readonly query: SupportRequestQuery;
  /** The same, for requests the page already has; `me` is the reader's id. */
  readonly holds: (request: SupportRequest, me: string) => boolean;
}

export const views: Readonly<Record<ViewId, View>> = {
  mine: {
    query: { status: unresolved, assignee: 'me' },
    holds: (request, me) => unresolved.includes(request.status) && request.assignee?.id === me,
  },
  unassigned: {
    query: { status: unresolved, assignee: 'none' },
    holds: (request) => unresolved.includes(request.status) && request.assignee === null,
  },
  open: {
    query: { status: unresolved },
    holds: (request) => unresolved.includes(request.status),
  },
  resolved: {
    query: { status: done },
    holds: (request) => done.includes(request.status),
  },
};

export function isViewId(word: string | undefined): word is ViewId {
  return (viewIds as readonly (string | undefined)[]).includes(word);
}
