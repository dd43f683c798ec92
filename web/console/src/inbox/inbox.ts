// The live inbox: the pool of requests, kept true by fetches and frames.
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { ApiError, type RealtimeClient, type SupportRequest, type SupportRequestPage, type SupportRequestsApi } from '@guichet/sdk';
import type { Query } from './filter.ts';
import { activityOf } from './merge.ts';
import { RequestPool } from './pool.ts';
import { countedViews } from './views.ts';

export type Phase = 'idle' | 'loading' | 'ready' | 'failed';

const pageSize = 50;
const catchUpSize = 100;
/** More changes than this are not caught up with one by one: the views are loaded again. */
const catchUpMost = 1_000;
/** Writes commit a little after the time they carry; what lies this close is asked for again. */
const overlap = 30_000;
/** After a failed try. */
const catchUpAgain = 5_000;
/** Counts are asked for again when changes pause this long … */
const countQuiet = 2_000;
/** … and at the latest after this long. */
const countMost = 10_000;
/** How often what time alone changes (lateness) is looked at. */
const lateness = 30_000;

/** A list that something shows or counts. */
interface Listing {
  readonly phase: Signal<Phase>;
  readonly rows: ReadonlySignal<readonly SupportRequest[]>;
}

export class Inbox {
  /** Requests of the reader or of nobody with unread messages. */
  readonly unread: ReadonlySignal<number>;
  readonly #api: SupportRequestsApi;
  readonly #pool: RequestPool;
  /** Moves with every change of the pool; what is computed from the pool reads it. */
  readonly #revision = signal(0);
  readonly #listings = new Map<string, Listing>();
  /** The lists whose counts are kept: the usual views, and those that were saved. */
  #counted: readonly string[] = countedViews;
  readonly #stops: (() => void)[];
  readonly #loading = new Map<string, Promise<void>>();
  readonly #lateness: ReturnType<typeof setInterval>;
  #catchingUp: Promise<void> | undefined;
  #catchUpTimer: ReturnType<typeof setTimeout> | undefined;
  #behind = false;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #countDue = Infinity;
  #disposed = false;

  constructor(me: string, api: SupportRequestsApi, realtime: RealtimeClient) {
    this.#api = api;
    this.#pool = new RequestPool(me);
    this.unread = computed(() => {
      this.#revision.value;
      return this.#pool.unread();
    });
    this.#stops = [
      realtime.on('support_request', ({ event, support_request }) => {
        // Deleted is gone, but for the list that an admin can restore it from.
        if (event === 'deleted') this.drop(support_request.id);
        else this.take(support_request);
      }),
      // What happened between the first fetch and the first frame, or while the line was down.
      realtime.on('welcome', () => this.catchUp()),
      realtime.on('resync', () => this.catchUp()),
    ];
    this.#lateness = setInterval(() => this.#changed(), lateness);
  }

  /** Says what the list of that key holds; the views that everybody has are known. */
  define(key: string, query: Query): void {
    const before = this.#pool.query(key);
    this.#pool.define(key, query);
    if (this.#pool.query(key) === before) return;
    const listing = this.#listings.get(key);
    if (listing === undefined) return;
    listing.phase.value = 'idle';
    this.#changed();
  }

  query(key: string): Query {
    return this.#pool.query(key);
  }

  /** Keeps the counts of these lists besides those of the usual views. */
  countAlso(keys: readonly string[]): void {
    this.#counted = [...countedViews, ...keys];
    if (keys.some((key) => this.#pool.count(key) === null)) void this.#recount().catch(keepCounts);
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#lateness);
    clearTimeout(this.#countTimer);
    clearTimeout(this.#catchUpTimer);
    for (const stop of this.#stops) stop();
  }

  phase(key: string): Phase {
    return this.#listing(key).phase.value;
  }

  rows(key: string): readonly SupportRequest[] {
    return this.#listing(key).rows.value;
  }

  count(view: string): number | null {
    this.#revision.value;
    return this.#pool.count(view);
  }

  isComplete(view: string): boolean {
    this.#revision.value;
    return this.#pool.isComplete(view);
  }

  request(id: string): SupportRequest | undefined {
    this.#revision.value;
    return this.#pool.get(id);
  }

  byNumber(number: string): SupportRequest | undefined {
    this.#revision.value;
    return this.#pool.byNumber(number);
  }

  /** What the page knows, newest activity first, as long as `wanted` says yes; at most `most`. */
  known(wanted: (request: SupportRequest) => boolean, most: number): SupportRequest[] {
    this.#revision.value;
    return [...this.#pool.all()]
      .filter(wanted)
      .sort((a, b) => activityOf(b) - activityOf(a))
      .slice(0, most);
  }

  /** News of a request: a frame, or the answer to a command. */
  take(request: SupportRequest): void {
    const { changed, uncertain } = this.#pool.take(request, true);
    if (changed) this.#changed();
    if (changed && (uncertain || !this.#countsAreExact())) this.#recountSoon();
  }

  /** States that were fetched for something else than a list. */
  learn(requests: readonly SupportRequest[]): void {
    const changed = requests.map((request) => this.#pool.take(request, false).changed);
    if (changed.includes(true)) this.#changed();
  }

  /** The request is not to be seen any more. */
  drop(id: string): void {
    if (this.#pool.drop(id)) this.#changed();
  }

  markRead(id: string, seq: number): void {
    if (this.#pool.markRead(id, seq)) this.#changed();
  }

  /** Fetches one request that is not in a list, by its number. */
  async fetch(number: string): Promise<SupportRequest> {
    const request = await this.#api.byNumber(number);
    if (this.#pool.take(request, false).changed) this.#changed();
    return this.#pool.get(request.id) ?? request;
  }

  /** Fetches one request again, after a command was refused because it had changed; what is gone is dropped. */
  async refetch(id: string): Promise<SupportRequest | undefined> {
    try {
      this.take(await this.#api.get(id));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.drop(id);
    }
    return this.#pool.get(id);
  }

  /** The first page of a list, then of the usual views, so that every count is there. */
  async open(key: string): Promise<void> {
    await this.load(key);
    if (this.phase(key) !== 'ready') return;
    await Promise.all(countedViews.map((other) => this.load(other)));
    await this.#recount().catch(keepCounts);
  }

  /** The first page of a view, unless it is there. */
  load(view: string): Promise<void> {
    return this.#pool.isLoaded(view) ? Promise.resolve() : this.#loadPage(view);
  }

  /** The next page of a view; calls while one is under way share it. */
  async loadMore(view: string): Promise<void> {
    if (!this.#pool.isComplete(view) && this.phase(view) === 'ready') await this.#loadPage(view);
  }

  /** Tries again what failed: the first page of a view or its next one. */
  async again(view: string): Promise<void> {
    if (this.#pool.isLoaded(view)) await this.#loadPage(view);
    else await this.open(view);
  }

  /** Fetches what changed since the newest thing known; calls while it runs make it run once more. */
  catchUp(): void {
    if (this.#catchingUp !== undefined) {
      this.#behind = true;
      return;
    }
    this.#behind = false;
    clearTimeout(this.#catchUpTimer);
    this.#catchingUp = this.#fetchChanges()
      // Nothing is lost: the next try starts from the same place.
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (!this.#disposed) this.#catchUpTimer = setTimeout(() => this.catchUp(), error.retryAfter ?? catchUpAgain);
      })
      .finally(() => {
        this.#catchingUp = undefined;
        if (this.#behind && !this.#disposed) this.catchUp();
      });
  }

  async #loadPage(view: string): Promise<void> {
    const running = this.#loading.get(view);
    if (running !== undefined) return running;
    const { phase } = this.#listing(view);
    if (!this.#pool.isLoaded(view)) phase.value = 'loading';
    // What left the view moves later pages up, so the page is found by what is there, not by counting calls.
    const page = Math.floor(this.#pool.rows(view).length / pageSize) + 1;
    const work = this.#api
      .list({ sort: 'updated_at', order: 'desc', ...this.#pool.query(view), page, limit: pageSize })
      .then((answer) => {
        batch(() => {
          this.#pool.takePage(view, this.#pool.query(view).deleted ? this.#asDeleted(answer) : answer);
          phase.value = 'ready';
          this.#changed();
        });
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        phase.value = 'failed';
      })
      .finally(() => this.#loading.delete(view));
    this.#loading.set(view, work);
    return work;
  }

  async #fetchChanges(): Promise<void> {
    const newest = this.#pool.newest();
    if (newest !== null && !(await this.#fetchChangesSince(newest - overlap))) return this.#disposed ? undefined : this.#startOver();
    // A list that could not be loaded before is loaded now.
    const failed = [...this.#listings].filter(([, { phase }]) => phase.value === 'failed');
    await Promise.all(failed.map(([key]) => this.#loadPage(key)));
    await this.#recount();
  }

  /** Only the list tells that what it holds is deleted. */
  #asDeleted(page: SupportRequestPage): SupportRequestPage {
    for (const { id } of page.items) this.#pool.drop(id);
    return { ...page, items: page.items.map((request) => ({ ...request, deleted_at: request.deleted_at ?? request.updated_at })) };
  }

  /** Answers whether all changes were fetched; false when there are too many, or nobody wants them any more. */
  async #fetchChangesSince(start: number): Promise<boolean> {
    let since = start;
    let page = 1;
    for (let seen = 0; ; ) {
      const changed_since = new Date(since).toISOString();
      const answer = await this.#api.list({ changed_since, sort: 'updated_at', order: 'asc', page, limit: catchUpSize });
      if (this.#disposed) return false;
      batch(() => {
        for (const request of answer.items) this.take(request);
      });
      seen += answer.items.length;
      const last = answer.items.at(-1);
      if (last === undefined || answer.items.length < catchUpSize) return true;
      if (seen >= catchUpMost) return false;
      // From the last one seen on, as what changes meanwhile would shift numbered pages.
      const reached = Math.floor(activityOf(last));
      page = reached > since ? 1 : page + 1;
      since = Math.max(since, reached);
    }
  }

  async #startOver(): Promise<void> {
    const loaded = [...this.#listings.keys()].filter((key) => this.#pool.isLoaded(key));
    this.#pool.clear();
    this.#changed();
    await Promise.all(loaded.map((view) => this.#loadPage(view)));
    await this.#recount();
  }

  #countsAreExact(): boolean {
    return this.#counted.every((key) => this.#pool.isComplete(key));
  }

  #recountSoon(): void {
    const now = Date.now();
    if (this.#countDue === Infinity) this.#countDue = now + countMost;
    clearTimeout(this.#countTimer);
    this.#countTimer = setTimeout(() => void this.#recount().catch(keepCounts), Math.min(countQuiet, Math.max(0, this.#countDue - now)));
  }

  async #recount(): Promise<void> {
    this.#countDue = Infinity;
    clearTimeout(this.#countTimer);
    const shown = [...this.#listings.keys()].filter((key) => this.#pool.isLoaded(key) && this.#pool.query(key).q === undefined);
    const missing = [...new Set([...this.#counted, ...shown])].filter((key) => !this.#pool.isComplete(key));
    await Promise.all(
      missing.map(async (view) => {
        const { total } = await this.#api.list({ ...this.#pool.query(view), limit: 1 });
        this.#pool.takeTotal(view, total);
      }),
    );
    if (missing.length > 0) this.#changed();
  }

  #listing(key: string): Listing {
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const rows = computed(() => {
      this.#revision.value;
      return this.#pool.rows(key);
    });
    const listing = { phase: signal<Phase>('idle'), rows };
    this.#listings.set(key, listing);
    return listing;
  }

  #changed(): void {
    // Peeked at, so that whoever changes something does not come to follow every change.
    if (!this.#disposed) this.#revision.value = this.#revision.peek() + 1;
  }
}

/** Without an answer the counts stay as corrected by what was seen; the next change or welcome asks again. */
function keepCounts(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
