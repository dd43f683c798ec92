import { effect } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, type RealtimeClient, type ServerFrame, type SupportRequestQuery, type SupportRequestsApi } from '@guichet/sdk';
import { Inbox } from '../src/inbox/inbox.ts';
import { me, Truth } from './support-requests.ts';

/** The inbox with a server whose answers and frames the test lets through. */
class Setup {
  readonly truth = new Truth();
  readonly asked: SupportRequestQuery[] = [];
  readonly inbox: Inbox;
  down = false;
  /** While set, list answers wait until it is called. */
  held: (() => void)[] | undefined;
  readonly #listeners = new Map<string, (frame: never) => void>();

  constructor() {
    const list = async (query: SupportRequestQuery) => {
      this.asked.push(query);
      const told = this.truth.list(query);
      // That a request is deleted only its list tells.
      const answer = { ...told, items: told.items.map(({ deleted_at: _, ...request }) => request) };
      const { held } = this;
      if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
      if (this.down) throw ApiError.noAnswer();
      return answer;
    };
    const on = (type: string, listener: (frame: never) => void) => {
      this.#listeners.set(type, listener);
      return () => this.#listeners.delete(type);
    };
    this.inbox = new Inbox(me, { list } as unknown as SupportRequestsApi, { on } as unknown as RealtimeClient);
  }

  frame(frame: Pick<ServerFrame, 'type'>): void {
    this.#listeners.get(frame.type)?.(frame as never);
  }

  /** Tells the newest state of a request. */
  tell(id: string): void {
    this.frame({ type: 'support_request', event: 'x', support_request: this.truth.requests.get(id) } as unknown as ServerFrame);
  }

  ids(view: Parameters<Inbox['rows']>[0]): string[] {
    return this.inbox.rows(view).map(({ id }) => id);
  }

  settle(): Promise<unknown> {
    return vi.advanceTimersByTimeAsync(0);
  }
}

let setup: Setup;
beforeEach(() => {
  vi.useFakeTimers();
  setup = new Setup();
});
afterEach(() => {
  setup.inbox.dispose();
  vi.useRealTimers();
});

function many(count: number): void {
  for (let index = 0; index < count; index += 1) setup.truth.open(`r${String(index).padStart(3, '0')}`);
}

describe('unread', () => {
  test('a_colleague_who_reads_takes_the_mark_from_my_row_too', async () => {
    setup.truth.open('a');
    setup.truth.message('a', 'customer');
    await setup.inbox.load('open');
    expect([setup.inbox.unread.value, setup.inbox.rows('open')[0]?.unread_count]).toEqual([1, 1]);
    const { version } = setup.truth.requests.get('a')!;
    setup.truth.read('a');
    setup.tell('a');
    expect(setup.truth.requests.get('a')!.version).toBe(version);
    expect([setup.inbox.unread.value, setup.inbox.rows('open')[0]?.unread_count]).toEqual([0, 0]);
  });
});

describe('loading', () => {
  test('a_view_is_loaded_page_by_page_without_a_hole_or_a_repeat', async () => {
    many(120);
    await setup.inbox.load('open');
    expect(setup.ids('open')).toHaveLength(50);
    await setup.inbox.loadMore('open');
    await setup.inbox.loadMore('open');
    await setup.inbox.loadMore('open');
    expect(setup.ids('open')).toEqual(setup.truth.list({ limit: 500 }).items.map(({ id }) => id));
    expect(setup.asked).toHaveLength(3);
  });

  test('rows_that_leave_the_view_between_two_pages_make_no_hole', async () => {
    many(120);
    await setup.inbox.load('open');
    for (const id of setup.ids('open').slice(0, 20)) {
      setup.truth.change(id, { status: 'resolved' });
      setup.tell(id);
    }
    for (let page = 0; page < 4; page += 1) await setup.inbox.loadMore('open');
    const query = { status: ['open', 'assigned', 'in_progress', 'waiting_customer'] as const, limit: 500 };
    expect(setup.ids('open')).toEqual(setup.truth.list(query).items.map(({ id }) => id));
  });

  test('a_frame_that_comes_before_the_answer_is_not_undone_by_it', async () => {
    many(3);
    setup.held = [];
    const loading = setup.inbox.load('open');
    setup.truth.change('r000', { status: 'resolved' });
    setup.tell('r000');
    for (const release of setup.held) release();
    await loading;
    expect(setup.ids('open')).toEqual(['r002', 'r001']);
    expect(setup.inbox.count('open')).toBe(2);
  });

  test('a_next_page_that_failed_keeps_what_is_there_and_can_be_tried_again', async () => {
    many(120);
    await setup.inbox.load('open');
    setup.down = true;
    await setup.inbox.loadMore('open');
    expect(setup.inbox.phase('open')).toBe('failed');
    expect(setup.ids('open')).toHaveLength(50);
    setup.down = false;
    await setup.inbox.again('open');
    expect(setup.inbox.phase('open')).toBe('ready');
    expect(setup.ids('open')).toHaveLength(100);
  });

  test('a_failed_view_says_so_and_is_loaded_by_the_next_welcome', async () => {
    many(2);
    setup.down = true;
    await setup.inbox.load('open');
    expect(setup.inbox.phase('open')).toBe('failed');
    setup.down = false;
    setup.frame({ type: 'welcome' });
    await setup.settle();
    expect(setup.inbox.phase('open')).toBe('ready');
    expect(setup.ids('open')).toHaveLength(2);
  });
});

describe('catching up', () => {
  test('what_changed_while_the_line_was_down_is_fetched_and_only_that', async () => {
    many(60);
    await setup.inbox.open('open');
    setup.truth.change('r059', { status: 'resolved' });
    setup.truth.message('r000', 'customer');
    setup.truth.open('late');
    setup.asked.length = 0;
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect(setup.ids('open').slice(0, 2)).toEqual(['late', 'r000']);
    expect(setup.ids('open')).not.toContain('r059');
    expect(setup.asked[0]).toMatchObject({ order: 'asc' });
    expect(setup.asked[0]?.changed_since).toBeDefined();
  });

  test('a_change_that_was_committed_a_little_after_its_time_is_not_missed', async () => {
    many(3);
    await setup.inbox.load('open');
    const newest = Date.parse(setup.truth.requests.get('r002')!.updated_at);
    const late = { ...setup.truth.requests.get('r000')!, status: 'closed', version: 2, updated_at: new Date(newest - 10_000).toISOString() } as const;
    setup.truth.requests.set('r000', late);
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect(setup.ids('open')).not.toContain('r000');
  });

  test('more_changes_than_a_page_are_all_caught_up', async () => {
    many(10);
    await setup.inbox.load('open');
    for (let index = 0; index < 350; index += 1) setup.truth.open(`late${String(index).padStart(3, '0')}`);
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect(setup.ids('open')).toHaveLength(360);
  });

  test('far_too_many_changes_load_the_views_again', async () => {
    many(10);
    await setup.inbox.load('open');
    for (let index = 0; index < 1_200; index += 1) setup.truth.open(`late${index}`);
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect(setup.ids('open')).toHaveLength(50);
    expect(setup.inbox.count('open')).toBe(1_210);
  });

  test('a_failed_catch_up_is_tried_again_by_itself', async () => {
    many(3);
    await setup.inbox.load('open');
    setup.truth.change('r000', { status: 'closed' });
    setup.down = true;
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect(setup.ids('open')).toContain('r000');
    setup.down = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(setup.ids('open')).not.toContain('r000');
  });

  test('a_resync_that_comes_while_one_runs_is_not_forgotten', async () => {
    many(3);
    await setup.inbox.load('open');
    setup.held = [];
    setup.frame({ type: 'resync' });
    await setup.settle();
    setup.truth.change('r000', { status: 'closed' });
    setup.frame({ type: 'resync' });
    const first = setup.held;
    setup.held = undefined;
    for (const release of first) release();
    await setup.settle();
    expect(setup.ids('open')).not.toContain('r000');
  });
});

describe('counts', () => {
  test('a_change_of_an_unknown_request_has_the_counts_asked_again_once_things_are_quiet', async () => {
    many(120);
    await setup.inbox.open('open');
    expect(setup.inbox.count('mine')).toBe(0);
    expect(setup.inbox.count('open')).toBe(120);
    setup.truth.change('r000', { status: 'resolved' });
    setup.tell('r000');
    expect(setup.inbox.count('open')).toBe(120);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(setup.inbox.count('open')).toBe(119);
  });

  test('a_stream_of_changes_does_not_put_the_count_off_for_ever', async () => {
    many(120);
    await setup.inbox.open('open');
    for (let second = 0; second < 12; second += 1) {
      const id = `r${String(second).padStart(3, '0')}`;
      setup.truth.change(id, { status: 'resolved' });
      setup.tell(id);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(setup.inbox.count('open')).toBeLessThanOrEqual(111);
  });
});

describe('what is deleted', () => {
  test('is_in_its_own_list_only_and_comes_back_by_being_restored', async () => {
    many(2);
    setup.truth.open('gone', { deleted_at: '2026-11-20T08:00:00Z' });
    await setup.inbox.load('open');
    await setup.inbox.load('deleted');
    expect([setup.ids('open'), setup.ids('deleted')]).toEqual([['r001', 'r000'], ['gone']]);
    setup.truth.change('gone', { deleted_at: null });
    setup.inbox.drop('gone');
    setup.inbox.take(setup.truth.requests.get('gone')!);
    expect([setup.ids('open'), setup.ids('deleted')]).toEqual([['gone', 'r001', 'r000'], []]);
  });

  test('leaves_every_list_by_its_frame', async () => {
    many(2);
    await setup.inbox.load('open');
    setup.frame({ type: 'support_request', event: 'deleted', support_request: setup.truth.requests.get('r000') } as unknown as ServerFrame);
    expect(setup.ids('open')).toEqual(['r001']);
    expect(setup.inbox.count('open')).toBe(1);
  });
});

describe('what is put aside', () => {
  test('is_caught_up_with_too', async () => {
    many(3);
    await setup.inbox.open('open');
    setup.truth.change('r001', { snoozed_until: '2026-11-21T08:00:00Z' });
    setup.frame({ type: 'resync' });
    await setup.settle();
    expect([setup.ids('open'), setup.ids('snoozed')]).toEqual([['r002', 'r000'], ['r001']]);
  });
});

describe('what the page knows', () => {
  test('is_searched_anew_when_more_comes', async () => {
    const found: string[][] = [];
    const stop = effect(() => void found.push(setup.inbox.known(({ id }) => id === 'r001', 5).map(({ id }) => id)));
    many(3);
    await setup.inbox.load('open');
    stop();
    expect([found.at(0), found.at(-1)]).toEqual([[], ['r001']]);
  });
});
