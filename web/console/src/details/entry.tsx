// An entry of the timeline in words.
import type { ComponentChildren } from 'preact';
import type { TimelineEntry } from '@guichet/sdk';
import { piecesOf } from '@guichet/ui';
import { statusTone } from './status.ts';
import { useText, type ConsoleKey, type ConsoleSpeech } from '../texts.ts';

export function EntryText({ entry }: { readonly entry: TimelineEntry }) {
  const speech = useText();
  return <>{told(entry, speech)}</>;
}

function told(entry: TimelineEntry, speech: ConsoleSpeech): ComponentChildren {
  const { t } = speech;
  const pieces = (key: ConsoleKey, values: Record<string, ComponentChildren>) => piecesOf<ConsoleKey, ComponentChildren>(speech, key, values);
  const strong = (words: string) => <b>{words}</b>;
  const actor = entry.actor.name;
  const by = (key: ConsoleKey, without: ConsoleKey, values: Record<string, ComponentChildren>) =>
    actor === '' ? pieces(without, values) : pieces(key, { ...values, actor });
  switch (entry.kind) {
    case 'created':
      return actor === '' ? t('timeline.created') : pieces('timeline.created_by', { actor: strong(actor) });
    case 'status_changed':
      return by('timeline.status_by', 'timeline.status', { status: strong(statusName(entry.new, t)) });
    case 'priority_changed':
      return by('timeline.priority_by', 'timeline.priority', { priority: strong(priorityName(entry.new, t)) });
    case 'assignee_changed': {
      // Nobody else answers: the entry is there for the words that came with it.
      if (entry.new === entry.old) return by('timeline.remark_by', 'timeline.remark', {});
      if (entry.new === null) return by('timeline.unassigned_by', 'timeline.unassigned', {});
      if (entry.new === entry.actor.id) return pieces('timeline.taken', { actor: strong(actor) });
      const agent = nameIn(entry) ?? t('timeline.an_agent');
      return by('timeline.assigned_by', 'timeline.assigned', { agent: strong(agent) });
    }
    case 'first_response':
      return by('timeline.first_response_by', 'timeline.first_response', {});
    case 'sla_warning':
      return t(entry.new === 'first_response' ? 'timeline.sla_warning_first' : 'timeline.sla_warning');
    case 'sla_breached':
      return t(entry.new === 'first_response' ? 'timeline.sla_breached_first' : 'timeline.sla_breached');
    default:
      return unknown(entry.kind, actor);
  }
}

/** A kind that came with a later server is still told, by what it says of itself. */
function unknown(kind: string, actor: string): string {
  return [kind.replaceAll('_', ' '), actor].filter(Boolean).join(', ');
}

/** The name behind the id in `new`, which the server keeps beside it. */
function nameIn(entry: TimelineEntry): string | undefined {
  const name = entry.metadata['new_name'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

export function statusName(status: string | null, t: ConsoleSpeech['t']): string {
  return status !== null && status in statusTone ? t(`status.${status as keyof typeof statusTone}`) : (status ?? '');
}

const priorities = ['low', 'normal', 'high', 'urgent'] as const;

export function priorityName(priority: string | null, t: ConsoleSpeech['t']): string {
  const known = priorities.find((one) => one === priority);
  return known === undefined ? (priority ?? '') : t(`priority.${known}`);
}
