// All support requests the page knows, and the part of each list that is loaded. Pure: it is told
// what arrived and answers what is to be shown.
import type { SupportRequest, SupportRequestPage } from '@guichet/sdk';
import { holds, type Query } from './filter.ts';
import { activityOf, merge } from './merge.ts';
import { compare, keyOf, type Place } from './order.ts';
import { views } from './views.ts';

/** How much of a list is loaded: everything whose place is at or before `reached`. */
interface Loaded {
  readonly reached: Place | null;
  readonly complete: boolean;
  /** What the server counted, corrected by what was seen since; exact once complete. */
  readonly total: number;
  /** What stands for a missing deadline: the end of the list at which the server puts it. */
  readonly none: number;
  /** What a search has found, in the server's order: only the server knows what matches. */
  readonly found: readonly string[];
}

const nothing: Loaded = { reached: null, complete: false, total: 0, none: Infinity, found: [] };

export class RequestPool {
  readonly #me: string;
  readonly #requests = new Map<string, SupportRequest>();
  readonly #queries = new Map<string, Query>(Object.entries(views).map(([view, { query }]) => [view, query]));
  readonly #loaded = new Map<string, Loaded>();

  constructor(me: string) {
    this.#me = me;
  }

  /** Says what the list of that key holds; another query than before forgets what is loaded of it. */
  define(key: string, query: Query): void {
    const known = this.#queries.get(key);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(query)) return;
    this.#queries.set(key, query);
    this.#loaded.delete(key);
  }

  query(key: string): Query {
    return this.#queries.get(key) ?? {};
  }

  get(id: string): SupportRequest | undefined {
    return this.#requests.get(id);
  }

  all(): Iterable<SupportRequest> {
    return this.#requests.values();
  }

  byNumber(number: string): SupportRequest | undefined {
    for (const request of this.#requests.values()) if (request.number === number) return request;
    return undefined;
  }

  /**
   * Takes in a state from anywhere. `news` says that it tells of a change (a frame, an answer to a
   * command) and not of what a count has counted already. Returns whether a count may now be wrong
   * because the request was not known before.
   */
  take(candidate: SupportRequest, news: boolean): { readonly changed: boolean; readonly uncertain: boolean } {
    const known = this.#requests.get(candidate.id);
    const next = known === undefined ? candidate : merge(known, candidate);
    if (next === known) return { changed: false, uncertain: false };
    this.#requests.set(next.id, next);
    if (known !== undefined) this.#recount(known, next);
    return { changed: true, uncertain: known === undefined && news };
  }

  /** Forgets a request that is not to be seen any more. Answers whether it was there. */
  drop(id: string): boolean {
    const known = this.#requests.get(id);
    if (known === undefined) return false;
    this.#requests.delete(id);
    this.#recount(known, undefined);
    return true;
  }

  /** Takes in one page of a list, sorted as its query says. */
  takePage(key: string, page: SupportRequestPage): void {
    const { sort, order, q } = this.query(key);
    const before = this.#loaded.get(key) ?? nothing;
    for (const request of page.items) this.take(request, false);
    const last = page.items.at(-1);
    const complete = page.page * page.limit >= page.total || last === undefined;
    const none = page.page === 1 ? endOfMissing(page.items[0], order) : before.none;
    const place = last === undefined ? null : { key: keyOf(sort, last, none), id: last.id };
    const further = before.reached === null || (place !== null && compare(before.reached, place, order) < 0);
    const found = q === undefined ? [] : [...new Set([...(page.page === 1 ? [] : before.found), ...page.items.map(({ id }) => id)])];
    this.#loaded.set(key, { reached: further ? place : before.reached, complete: complete || before.complete, total: page.total, none, found });
  }

  /** Corrects the count of a list that is not completely loaded. */
  takeTotal(key: string, total: number): void {
    this.#loaded.set(key, { ...(this.#loaded.get(key) ?? nothing), total });
  }

  /** The reader has read up to `seq`. Returns whether that changed anything. */
  markRead(id: string, seq: number): boolean {
    const request = this.#requests.get(id);
    if (request === undefined || request.unread_count === 0 || (request.last_message?.seq ?? 0) > seq) return false;
    this.#requests.set(id, { ...request, unread_count: 0 });
    return true;
  }

  /** The loaded part of a list, in its order; `now` decides what is overdue. */
  rows(key: string, now = Date.now()): SupportRequest[] {
    const { reached, complete, none, found } = this.#loaded.get(key) ?? nothing;
    const query = this.query(key);
    if (query.q !== undefined) return found.flatMap((id) => this.#requests.get(id) ?? []);
    const rows: { request: SupportRequest; place: Place }[] = [];
    for (const request of this.#requests.values()) {
      if (!holds(query, request, this.#me, now)) continue;
      const place = { key: keyOf(query.sort, request, none), id: request.id };
      if (complete || (reached !== null && compare(place, reached, query.order) <= 0)) rows.push({ request, place });
    }
    rows.sort((a, b) => compare(a.place, b.place, query.order));
    return rows.map(({ request }) => request);
  }

  /** Null until the server has been asked. */
  count(key: string): number | null {
    const loaded = this.#loaded.get(key);
    if (loaded === undefined) return null;
    return loaded.complete ? this.rows(key).length : loaded.total;
  }

  isLoaded(key: string): boolean {
    const loaded = this.#loaded.get(key);
    return loaded !== undefined && (loaded.complete || loaded.reached !== null);
  }

  isComplete(key: string): boolean {
    return this.#loaded.get(key)?.complete ?? false;
  }

  /** Requests of the reader, or of nobody, with messages nobody has read. */
  unread(): number {
    let unread = 0;
    for (const request of this.#requests.values()) {
      const waits = views.mine.holds(request, this.#me) || views.unassigned.holds(request, this.#me);
      if (waits && request.unread_count > 0) unread += 1;
    }
    return unread;
  }

  /** The newest time the server has told of, in milliseconds; null while nothing is known. */
  newest(): number | null {
    let newest: number | null = null;
    for (const request of this.#requests.values()) newest = Math.max(newest ?? 0, activityOf(request));
    return newest;
  }

  /** Forgets what is loaded, when too much has changed to catch up. */
  clear(): void {
    this.#requests.clear();
    this.#loaded.clear();
  }

  #recount(before: SupportRequest, after: SupportRequest | undefined): void {
    const now = Date.now();
    for (const [key, loaded] of this.#loaded) {
      if (loaded.complete) continue;
      const query = this.query(key);
      if (query.q !== undefined) continue;
      const step = Number(after !== undefined && holds(query, after, this.#me, now)) - Number(holds(query, before, this.#me, now));
      if (step !== 0) this.#loaded.set(key, { ...loaded, total: Math.max(0, loaded.total + step) });
    }
  }
}

/** A list whose first request has no deadline has all such at its start, else at its end. */
function endOfMissing(first: SupportRequest | undefined, order: Query['order']): number {
  const isFirst = first !== undefined && first.sla.resolution_due_at === null;
  return isFirst === (order === 'asc') ? -Infinity : Infinity;
}
