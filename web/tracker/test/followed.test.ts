import { expect, test, vi } from 'vitest';
import { ApiError, type RealtimeClient, type ServerFrame, type TrackedSupportRequest } from '@guichet/sdk';
import { Followed } from '../src/followed.ts';
import { aRequest, entry, iso } from './requests.ts';

/** What the connection would tell, told by the test. */
function connection() {
  const heard = new Map<string, (frame: never) => void>();
  const realtime = {
    on(type: string, listener: (frame: never) => void) {
      heard.set(type, listener);
      return () => heard.delete(type);
    },
  } as unknown as RealtimeClient;
  const tell = (frame: ServerFrame) => heard.get(frame.type)?.(frame as never);
  return { realtime, tell, heard };
}

const answers = (tracked: TrackedSupportRequest) => () => Promise.resolve(tracked);

test('an_older_state_changes_nothing_and_a_greater_one_does', async () => {
  const { realtime, tell } = connection();
  const followed = new Followed({ realtime, fetch: answers({ support_request: aRequest({ version: 3 }), timeline: [] }) });
  await followed.load();
  expect(followed.phase.value).toBe('ready');
  tell({ type: 'support_request', event: 'status_changed', support_request: aRequest({ version: 2, status: 'closed' }) as never });
  expect(followed.request.value?.status).toBe('open');
  tell({ type: 'support_request', event: 'status_changed', support_request: aRequest({ version: 4, status: 'assigned' }) as never });
  expect(followed.request.value?.status).toBe('assigned');
  tell({ type: 'support_request', event: 'status_changed', support_request: aRequest({ id: 'r-2', version: 9, status: 'closed' }) as never });
  expect(followed.request.value?.id).toBe('r-1');
});

test('entries_are_each_there_once_in_the_order_of_time_whichever_way_they_came', async () => {
  const { realtime, tell } = connection();
  const [a, b, c] = [entry('created', 0), entry('first_response', 1), entry('status_changed', 2)];
  const followed = new Followed({ realtime, fetch: answers({ support_request: aRequest(), timeline: [a, c] }) });
  await followed.load();
  tell({ type: 'timeline', support_request_id: 'r-1', entry: b });
  tell({ type: 'timeline', support_request_id: 'r-1', entry: b });
  tell({ type: 'timeline', support_request_id: 'r-2', entry: entry('closed', 3) });
  expect(followed.timeline.value).toEqual([a, b, c]);
});

test('no_answer_is_asked_for_again_and_a_refusal_is_final', async () => {
  vi.useFakeTimers();
  const { realtime } = connection();
  const fetch = vi.fn<() => Promise<TrackedSupportRequest>>().mockRejectedValueOnce(ApiError.noAnswer()).mockResolvedValueOnce({ support_request: aRequest({ updated_at: iso(1) }), timeline: [] });
  const followed = new Followed({ realtime, fetch });
  await followed.load();
  expect(followed.phase.value).toBe('unreachable');
  await vi.advanceTimersByTimeAsync(4_000);
  expect(followed.phase.value).toBe('ready');
  fetch.mockRejectedValueOnce(new ApiError({ code: 'not_found', status: 404 }));
  await followed.load();
  expect(followed.phase.value).toBe('lost');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(3);
  vi.useRealTimers();
});

test('what_was_missed_is_fetched_again_and_nothing_once_it_is_over', async () => {
  const { realtime, tell, heard } = connection();
  const fetch = vi.fn(answers({ support_request: aRequest(), timeline: [] }));
  const followed = new Followed({ realtime, fetch });
  tell({ type: 'resync' });
  expect(fetch).not.toHaveBeenCalled();
  await followed.load();
  tell({ type: 'resync' });
  expect(fetch).toHaveBeenCalledTimes(2);
  followed.dispose();
  expect(heard.size).toBe(0);
});
