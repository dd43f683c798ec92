// The live inbox: the pool of requests, kept true by fetches and frames.
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { ApiError, type RealtimeClient, type SupportRequest, type SupportRequestsApi } from '@guichet/sdk';
import { activityOf } from './merge.ts';
import { RequestPool } from './pool.ts';
import { viewIds, views, type ViewId } from './views.ts';

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

export class Inbox {
  /** Requests of the reader or of nobody with unread messages. */
  readonly unread: ReadonlySignal<number>;
  readonly #api: SupportRequestsApi;
  readonly #pool: RequestPool;
  /** Moves with every change of the pool; what is computed from the pool reads it. */
  readonly #revision = signal(0);
  readonly #phases: Readonly<Record<ViewId, Signal<Phase>>>;
  readonly #rows: Readonly<Record<ViewId, ReadonlySignal<readonly SupportRequest[]>>>;
  readonly #stops: (() => void)[];
  readonly #loading = new Map<ViewId, Promise<void>>();
  #catchingUp: Promise<void> | undefined;
  #catchUpTimer: ReturnType<typeof setTimeout> | undefined;
  #behind = false;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #countDue = Infinity;
  #disposed = false;

  constructor(me: string, api: SupportRequestsApi, realtime: RealtimeClient) {
    this.#api = api;
    this.#pool = new RequestPool(me);
    this.#phases = forEachView(() => signal<Phase>('idle'));
    this.#rows = forEachView((view) =>
      computed(() => {
        this.#revision.value;
        return this.#pool.rows(view);
      }),
    );
    this.unread = computed(() => {
      this.#revision.value;
      return this.#pool.unread();
    });
    this.#stops = [
      realtime.on('support_request', ({ support_request }) => this.take(support_request)),
      // What happened between the first fetch and the first frame, or while the line was down.
      realtime.on('welcome', () => this.catchUp()),
      realtime.on('resync', () => this.catchUp()),
    ];
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#countTimer);
    clearTimeout(this.#catchUpTimer);
    for (const stop of this.#stops) stop();
  }

  phase(view: ViewId): Phase {
    return this.#phases[view].value;
  }

  rows(view: ViewId): readonly SupportRequest[] {
    return this.#rows[view].value;
  }

  count(view: ViewId): number | null {
    this.#revision.value;
    return this.#pool.count(view);
  }

  isComplete(view: ViewId): boolean {
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

  /** News of a request: a frame, or the answer to a command. */
  take(request: SupportRequest): void {
    const { changed, uncertain } = this.#pool.take(request, true);
    if (changed) this.#changed();
    if (changed && (uncertain || !this.#countsAreExact())) this.#recountSoon();
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

  /** Fetches one request again, after a command was refused because it had changed. */
  async refetch(id: string): Promise<void> {
    this.take(await this.#api.get(id));
  }

  /** The first page of `view`, then of the others, so that every count is there. */
  async open(view: ViewId): Promise<void> {
    await this.load(view);
    if (this.phase(view) !== 'ready') return;
    const others = viewIds.filter((other) => other !== view && other !== 'resolved');
    await Promise.all(others.map((other) => this.load(other)));
    await this.#recount().catch(keepCounts);
  }

  /** The first page of a view, unless it is there. */
  load(view: ViewId): Promise<void> {
    return this.#pool.isLoaded(view) ? Promise.resolve() : this.#loadPage(view);
  }

  /** The next page of a view; calls while one is under way share it. */
  async loadMore(view: ViewId): Promise<void> {
    if (!this.#pool.isComplete(view) && this.#phases[view].value === 'ready') await this.#loadPage(view);
  }

  /** Tries again what failed: the first page of a view or its next one. */
  async again(view: ViewId): Promise<void> {
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

  async #loadPage(view: ViewId): Promise<void> {
    const running = this.#loading.get(view);
    if (running !== undefined) return running;
    const phase = this.#phases[view];
    if (!this.#pool.isLoaded(view)) phase.value = 'loading';
    // What left the view moves later pages up, so the page is found by what is there, not by counting calls.
    const page = Math.floor(this.#pool.rows(view).length / pageSize) + 1;
    const work = this.#api
      .list({ ...views[view].query, sort: 'updated_at', order: 'desc', page, limit: pageSize })
      .then((answer) => {
        batch(() => {
          this.#pool.takePage(view, answer);
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
    if (newest !== null) {
      let since = newest - overlap;
      let page = 1;
      for (let seen = 0; ; ) {
        const changed_since = new Date(since).toISOString();
        const answer = await this.#api.list({ changed_since, sort: 'updated_at', order: 'asc', page, limit: catchUpSize });
        if (this.#disposed) return;
        batch(() => {
          for (const request of answer.items) this.take(request);
        });
        seen += answer.items.length;
        const last = answer.items.at(-1);
        if (last === undefined || answer.items.length < catchUpSize) break;
        if (seen >= catchUpMost) return this.#startOver();
        // From the last one seen on, as what changes meanwhile would shift numbered pages.
        const reached = Math.floor(activityOf(last));
        page = reached > since ? 1 : page + 1;
        since = Math.max(since, reached);
      }
    }
    // A view that could not be loaded before is loaded now.
    await Promise.all(viewIds.filter((view) => this.#phases[view].value === 'failed').map((view) => this.#loadPage(view)));
    await this.#recount();
  }

  async #startOver(): Promise<void> {
    const loaded = viewIds.filter((view) => this.#pool.isLoaded(view));
    this.#pool.clear();
    this.#changed();
    await Promise.all(loaded.map((view) => this.#loadPage(view)));
    await this.#recount();
  }

  #countsAreExact(): boolean {
    return viewIds.every((view) => this.#pool.isComplete(view));
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
    const missing = viewIds.filter((view) => !this.#pool.isComplete(view));
    await Promise.all(
      missing.map(async (view) => {
        const { total } = await this.#api.list({ ...views[view].query, limit: 1 });
        this.#pool.takeTotal(view, total);
      }),
    );
    if (missing.length > 0) this.#changed();
  }

  #changed(): void {
    if (!this.#disposed) this.#revision.value += 1;
  }
}

/** Without an answer the counts stay as corrected by what was seen; the next change or welcome asks again. */
function keepCounts(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

function forEachView<Value>(make: (view: ViewId) => Value): Record<ViewId, Value> {
  return Object.fromEntries(viewIds.map((view) => [view, make(view)])) as Record<ViewId, Value>;
}
