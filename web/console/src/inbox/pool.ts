// All support requests the page knows, and the part of each view that is loaded. Pure: it is told
// what arrived and answers what is to be shown.
import type { SupportRequest, SupportRequestPage } from '@guichet/sdk';
import { activityOf, merge } from './merge.ts';
import { viewIds, views, type ViewId } from './views.ts';

/** How much of a view is loaded: everything whose activity is at or above `floor`. */
interface Loaded {
  readonly floor: number;
  readonly complete: boolean;
  /** What the server counted, corrected by what was seen since; exact once complete. */
  readonly total: number;
}

export class RequestPool {
  readonly #me: string;
  readonly #requests = new Map<string, SupportRequest>();
  readonly #loaded = new Map<ViewId, Loaded>();

  constructor(me: string) {
    this.#me = me;
  }

  get(id: string): SupportRequest | undefined {
    return this.#requests.get(id);
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

  /** Takes in one page of a view, sorted by activity, newest first. */
  takePage(view: ViewId, page: SupportRequestPage): void {
    for (const request of page.items) this.take(request, false);
    const last = page.items.at(-1);
    const complete = page.page * page.limit >= page.total || last === undefined;
    const before = this.#loaded.get(view);
    const reached = last === undefined ? -Infinity : activityOf(last);
    const floor = complete ? -Infinity : Math.min(reached, before?.floor ?? Infinity);
    this.#loaded.set(view, { floor, complete: complete || (before?.complete ?? false), total: page.total });
  }

  /** Corrects the count of a view that is not completely loaded. */
  takeTotal(view: ViewId, total: number): void {
    const loaded = this.#loaded.get(view);
    this.#loaded.set(view, loaded === undefined ? { floor: Infinity, complete: false, total } : { ...loaded, total });
  }

  /** The reader has read up to `seq`. Returns whether that changed anything. */
  markRead(id: string, seq: number): boolean {
    const request = this.#requests.get(id);
    if (request === undefined || request.unread_count === 0 || (request.last_message?.seq ?? 0) > seq) return false;
    this.#requests.set(id, { ...request, unread_count: 0 });
    return true;
  }

  /** The loaded part of a view, newest activity first. */
  rows(view: ViewId): SupportRequest[] {
    const floor = this.#loaded.get(view)?.floor ?? Infinity;
    const { holds } = views[view];
    const rows: { request: SupportRequest; activity: number }[] = [];
    for (const request of this.#requests.values()) {
      if (!holds(request, this.#me)) continue;
      const activity = activityOf(request);
      if (activity >= floor) rows.push({ request, activity });
    }
    // Ids break ties, so that equal times do not trade places from one look to the next.
    rows.sort((a, b) => b.activity - a.activity || (a.request.id < b.request.id ? 1 : -1));
    return rows.map(({ request }) => request);
  }

  /** Null until the server has been asked. */
  count(view: ViewId): number | null {
    const loaded = this.#loaded.get(view);
    if (loaded === undefined) return null;
    return loaded.complete ? this.rows(view).length : loaded.total;
  }

  isLoaded(view: ViewId): boolean {
    return (this.#loaded.get(view)?.floor ?? Infinity) !== Infinity;
  }

  isComplete(view: ViewId): boolean {
    return this.#loaded.get(view)?.complete ?? false;
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

  #recount(before: SupportRequest, after: SupportRequest): void {
    for (const view of viewIds) {
      const loaded = this.#loaded.get(view);
      if (loaded === undefined || loaded.complete) continue;
      const { holds } = views[view];
      const step = Number(holds(after, this.#me)) - Number(holds(before, this.#me));
      if (step !== 0) this.#loaded.set(view, { ...loaded, total: Math.max(0, loaded.total + step) });
    }
  }
}
