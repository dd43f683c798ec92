import { expect, test } from 'vitest';
import { answerExpectedAt, expectedAt, nowOf, stagesOf } from '../src/stages.ts';
import { aRequest, entry, iso, status } from './requests.ts';

const states = (stages: ReturnType<typeof stagesOf>) => stages.map(({ state }) => state ?? 'to come');

test('a_new_request_is_received_and_nothing_else', () => {
  const stages = stagesOf({ request: aRequest(), timeline: [entry('created', 0)] });
  expect(states(stages)).toEqual(['current', 'to come', 'to come', 'to come']);
  expect(stages.map(({ at }) => at)).toEqual([iso(0), null, null, null]);
});

test('each_stage_tells_when_it_was_reached', () => {
  const timeline = [entry('created', 0), entry('assignee_changed', 16, { new: 'salome' }), status('open', 'assigned', 16), status('assigned', 'in_progress', 40), status('in_progress', 'waiting_customer', 50)];
  const stages = stagesOf({ request: aRequest({ status: 'waiting_customer' }), timeline });
  expect(states(stages)).toEqual(['done', 'done', 'current', 'to come']);
  // Waiting for the customer is part of the work, which began before.
  expect(stages.map(({ at }) => at)).toEqual([iso(0), iso(16), iso(40), null]);
});

test('a_resolved_request_has_all_stages_behind_it_also_those_it_skipped', () => {
  const request = aRequest({ status: 'resolved', resolved_at: iso(90) });
  const stages = stagesOf({ request, timeline: [entry('created', 0), status('open', 'resolved', 90)] });
  expect(states(stages)).toEqual(['done', 'done', 'done', 'done']);
  expect(stages.at(-1)?.at).toBe(iso(90));
  expect(stages.slice(1, 3).map(({ at }) => at)).toEqual([null, null]);
});

test('a_request_that_was_opened_again_is_worked_on_since_then', () => {
  const timeline = [entry('created', 0), status('open', 'in_progress', 5), status('in_progress', 'resolved', 20), status('resolved', 'in_progress', 60)];
  const stages = stagesOf({ request: aRequest({ status: 'in_progress' }), timeline });
  expect(states(stages)).toEqual(['done', 'done', 'current', 'to come']);
  expect(stages.at(2)?.at).toBe(iso(60));
});

test('what_is_late_or_waits_for_the_customer_is_not_promised', () => {
  const sla = { first_response_due_at: iso(60), resolution_due_at: iso(600), first_response_breached: false, resolution_breached: false };
  const now = Date.parse(iso(30));
  expect(expectedAt(aRequest({ sla }), now)).toBe(iso(600));
  expect(answerExpectedAt(aRequest({ sla }), now)).toBe(iso(60));
  expect(expectedAt(aRequest({ sla, status: 'waiting_customer' }), now)).toBeNull();
  expect(expectedAt(aRequest({ sla, status: 'resolved' }), now)).toBeNull();
  expect(expectedAt(aRequest({ sla: { ...sla, resolution_breached: true } }), now)).toBeNull();
  expect(expectedAt(aRequest({ sla }), Date.parse(iso(601)))).toBeNull();
  expect(answerExpectedAt(aRequest({ sla, first_response_at: iso(10) }), now)).toBeNull();
  expect(answerExpectedAt(aRequest({ sla }), Date.parse(iso(61)))).toBeNull();
});

test('the_sentence_is_that_of_the_state_and_a_merged_request_says_so_first', () => {
  expect(nowOf(aRequest())).toBe('received');
  expect(nowOf(aRequest({ status: 'assigned' }))).toBe('taken');
  expect(nowOf(aRequest({ status: 'waiting_customer' }))).toBe('waiting');
  expect(nowOf(aRequest({ status: 'closed' }))).toBe('closed');
  expect(nowOf(aRequest({ status: 'closed', merged_into: 'r-2' }))).toBe('merged');
});
