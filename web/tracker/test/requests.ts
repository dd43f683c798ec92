// Requests and what happened to them, for tests.
import type { OwnSupportRequest, TimelineEntry } from '@guichet/sdk';

const start = Date.parse('2026-11-16T17:05:00Z');

/** Minutes after the request was made, as on the wire. */
export function iso(minutes: number): string {
  return new Date(start + minutes * 60_000).toISOString();
}

export function aRequest(over: Partial<OwnSupportRequest> = {}): OwnSupportRequest {
  return {
    id: 'r-1',
    number: 'TICKET-20261116-007',
    kind: 'contact_form',
    source: 'web',
    subject: 'Rayure signalée au retour du Captur',
    description: 'L’état des lieux de retour note une rayure.',
    status: 'open',
    priority: 'normal',
    category: 'general',
    metadata: {},
    context: { order_id: null, appointment_id: null, warranty_id: null, claim_id: null },
    merged_into: null,
    follow_up_of: null,
    conversation_id: 'c-1',
    requester: { id: 'lucie', name: 'Lucie Moreau', email: null, phone: null },
    assignee: null,
    version: 1,
    sla: { first_response_due_at: null, resolution_due_at: null, first_response_breached: false, resolution_breached: false },
    first_response_at: null,
    resolved_at: null,
    closed_at: null,
    resolution: null,
    rating: null,
    escalated_at: null,
    archived_at: null,
    created_at: iso(0),
    updated_at: iso(0),
    last_message: null,
    unread_count: 0,
    ...over,
  };
}

let ids = 0;

export function entry(kind: string, minute: number, over: Partial<TimelineEntry> = {}): TimelineEntry {
  return {
    id: `e-${String((ids += 1)).padStart(4, '0')}`,
    kind: kind as TimelineEntry['kind'],
    old: null,
    new: null,
    actor: { id: 'salome', name: 'Salomé Lefort' },
    reason: null,
    metadata: {},
    customer_told: true,
    customer_told_at: null,
    created_at: iso(minute),
    ...over,
  };
}

export const status = (old: string, now: string, minute: number) => entry('status_changed', minute, { old, new: now });
