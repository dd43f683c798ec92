// @vitest-environment happy-dom
// What a list holds must be the same for the server and the page, and in the address.
import { describe, expect, test } from 'vitest';
import { holds, readQuery, writeQuery, type Filter } from '../src/inbox/filter.ts';
import { describe as inWords, sorted } from '../src/inbox/chips.tsx';
import { createSpeech } from '@guichet/ui';
import { catalogues, type ConsoleSpeech } from '../src/texts.ts';
import { aRequest, iso, me } from './support-requests.ts';

const now = Date.parse(iso(60));
const is = (filter: Filter, over = {}) => holds(filter, aRequest({ id: 'a', ...over }), me, now);

describe('a filter', () => {
  test('is_written_and_read_back_the_same', () => {
    const query = { status: ['open', 'assigned'], priority: ['urgent'], assignee: 'me', tag: 'retour', overdue: true, sort: 'due_at', order: 'asc' } as const;
    expect(readQuery(writeQuery(query))).toEqual(query);
    expect(writeQuery({ status: ['assigned', 'open'] })).toEqual(writeQuery({ status: ['open', 'assigned'] }));
  });

  test('passes_over_what_is_no_filter', () => {
    expect(readQuery({ status: 'open,lost', priority: 'x', page: '3', limit: 5, organization: 'demo', sort: 'colour', overdue: 'yes' })).toEqual({ status: ['open'] });
    expect(readQuery({ status: ['open'], tag: '' })).toEqual({ status: ['open'] });
  });

  test('leaves_out_what_is_put_aside_away_or_deleted_unless_it_asks_for_it', () => {
    const asleep = { snoozed_until: iso(90) };
    const away = { archived_at: iso(1), status: 'closed' } as const;
    const gone = { deleted_at: iso(1) };
    for (const over of [asleep, away, gone]) expect(is({}, over)).toBe(false);
    expect(is({ snoozed: true }, asleep)).toBe(true);
    expect(is({ archived: true }, away)).toBe(true);
    expect(is({ deleted: true }, gone)).toBe(true);
    for (const filter of [{ snoozed: true }, { archived: true }, { deleted: true }]) expect(is(filter)).toBe(false);
  });

  test.each([
    [{ status: ['resolved'] }, {}, false],
    [{ priority: ['high', 'urgent'] }, { priority: 'urgent' }, true],
    [{ priority: ['high', 'urgent'] }, {}, false],
    [{ category: 'billing' }, { category: 'billing' }, true],
    [{ tag: ' Retour ' }, { tags: ['retour'] }, true],
    [{ assignee: 'me' }, { assignee: { id: me, name: 'Moi' } }, true],
    [{ assignee: 'none' }, { assignee: { id: me, name: 'Moi' } }, false],
    [{ assignee: 'none' }, {}, true],
    [{ requester: 'p-a' }, {}, true],
    [{ requester: 'Lea@Example.com' }, { requester: { id: 'x', name: '', email: 'lea@example.com', phone: null } }, true],
    [{ kind: ['claim'] }, {}, false],
    [{ source: ['phone'] }, { source: 'phone' }, true],
    [{ order_id: '12' }, { context: { order_id: '12', appointment_id: null, warranty_id: null, claim_id: null } }, true],
    [{ created_from: iso(0), created_to: iso(1) }, {}, true],
    [{ created_to: iso(0) }, {}, false],
  ] as const)('%o_of_%o_is_%s', (filter, over, expected) => {
    expect(is(filter as Filter, over)).toBe(expected);
  });

  test('calls_overdue_what_is_still_to_be_done_and_late', () => {
    const late = { first_response_due_at: iso(30), resolution_due_at: iso(500), first_response_breached: true, resolution_breached: false };
    expect(is({ overdue: true }, { sla: late })).toBe(true);
    expect(is({ overdue: true }, { sla: late, first_response_at: iso(20) })).toBe(false);
    expect(is({ overdue: true }, { sla: late, status: 'resolved' })).toBe(false);
    const paused = { first_response_due_at: null, resolution_due_at: iso(30), first_response_breached: false, resolution_breached: false };
    expect(is({ overdue: true }, { sla: paused, status: 'waiting_customer' })).toBe(false);
    expect(is({ overdue: true }, { sla: paused, status: 'in_progress' })).toBe(true);
  });
});

describe('a filter in words', () => {
  const speech = createSpeech('fr', catalogues) as unknown as ConsoleSpeech;
  test('names_each_restriction_with_the_parameters_it_stands_for', () => {
    const chips = inWords({ status: ['open'], priority: ['high', 'urgent'], assignee: 'x', tag: 'retour', sort: 'due_at', order: 'asc' }, speech, (id) => id, () => 'Thomas Girard');
    expect(chips.map(({ text }) => text)).toEqual(['Ouverte', 'Priorité Haute ou Urgente', 'Thomas Girard', '#retour', 'Échéance']);
    expect(chips.at(-1)?.names).toEqual(['sort', 'order']);
  });

  test('another_order_keeps_the_filter_and_the_usual_one_needs_no_word', () => {
    expect(sorted({ tag: 'retour' }, 'due')).toBe('tag=retour&sort=due_at&order=asc');
    expect(sorted({ tag: 'retour', sort: 'due_at', order: 'asc' }, 'latest')).toBe('tag=retour');
  });
});
