import { describe, expect, test } from 'vitest';
import type { SupportRequest } from '@guichet/sdk';
import { nextDue, resolutionDue } from '../src/details/due.ts';
import { aRequest, iso } from './support-requests.ts';

const sla = { first_response_due_at: iso(60), resolution_due_at: iso(240), first_response_breached: false, resolution_breached: false };
const request = (over: Partial<SupportRequest> = {}) => aRequest({ id: 'a', sla, ...over });
const at = (minutes: number) => Date.parse(iso(minutes));

describe('what is due next', () => {
  test('the_first_response_comes_first_and_once_given_the_resolution', () => {
    expect(nextDue(request(), at(0))?.what).toBe('first_response');
    expect(nextDue(request({ first_response_at: iso(10) }), at(20))?.what).toBe('resolution');
  });

  test('it_is_near_in_the_last_fifth_and_late_after', () => {
    expect(nextDue(request(), at(47))?.state).toBe('calm');
    expect(nextDue(request(), at(48))?.state).toBe('near');
    expect(nextDue(request(), at(60))?.state).toBe('late');
  });

  test('a_long_promise_is_not_near_more_than_two_hours_ahead', () => {
    const long = request({ first_response_at: iso(1), sla: { ...sla, resolution_due_at: iso(48 * 60) } });
    expect(nextDue(long, at(45 * 60))?.state).toBe('calm');
    expect(nextDue(long, at(46 * 60))?.state).toBe('near');
  });

  test('the_clock_of_the_resolution_stands_still_while_the_customer_is_waited_for', () => {
    expect(resolutionDue(request({ status: 'waiting_customer' }), at(300))).toBeNull();
  });

  test('what_the_server_calls_breached_is_late_whatever_this_clock_says', () => {
    expect(nextDue(request({ sla: { ...sla, first_response_breached: true } }), at(0))?.state).toBe('late');
  });

  test('nothing_is_due_once_it_is_resolved_or_without_a_promise', () => {
    expect(nextDue(request({ status: 'resolved' }), at(300))).toBeNull();
    expect(nextDue(request({ sla: { ...sla, first_response_due_at: null, resolution_due_at: null } }), at(0))).toBeNull();
  });
});
