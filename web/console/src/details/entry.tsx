// An entry of the timeline in words.
import type { ComponentChildren } from 'preact';
import type { TimelineEntry } from '@guichet/sdk';
import { piecesOf } from '@guichet/ui';
import { statusTone } from './status.ts';
import { useText, type ConsoleKey, type ConsoleSpeech } from '../texts.ts';
import { useCategoryName } from './categories.ts';

export function EntryText({ entry }: { readonly entry: TimelineEntry }) {
  const speech = useText();
  const categoryName = useCategoryName();
  return <>{told(entry, speech, categoryName)}</>;
}

function told(entry: TimelineEntry, speech: ConsoleSpeech, categoryName: (id: string) => string): ComponentChildren {
  const { t } = speech;
  const pieces = (key: ConsoleKey, values: Record<string, ComponentChildren>) => piecesOf<ConsoleKey, ComponentChildren>(speech, key, values);
  const strong = (words: string) => <b>{words}</b>;
  const actor = entry.actor.name;
  const by = (key: ConsoleKey, without: ConsoleKey, values: Record<string, ComponentChildren>) =>
    actor === '' ? pieces(without, values) : pieces(key, { ...values, actor });
  // A later server may tell of more than the types of this one know.
  const kind: string = entry.kind;
  switch (kind) {
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
    case 'category_changed':
      return by('timeline.category_by', 'timeline.category', { category: strong(categoryName(entry.new ?? '')) });
    case 'subject_changed':
      return by('timeline.subject_by', 'timeline.subject', { subject: strong(entry.new ?? '') });
    case 'details_changed':
      return by('timeline.details_by', 'timeline.details', { fields: fieldsIn(entry, speech) });
    case 'escalated':
      return by('timeline.escalated_by', 'timeline.escalated', {});
    case 'rated':
      return by('timeline.rated_by', 'timeline.rated', { points: strong(entry.new ?? '') });
    case 'snoozed':
      return by('timeline.snoozed_by', 'timeline.snoozed', { when: strong(whenIn(entry.new, speech)) });
    case 'woken':
      return by('timeline.woken_by', 'timeline.woken', {});
    case 'merged':
      return by('timeline.merged_by', 'timeline.merged', { other: strong(wordIn(entry, 'other_number') ?? '') });
    case 'follow_up':
      return by('timeline.followed_up_by', 'timeline.followed_up', { other: strong(wordIn(entry, 'other_number') ?? '') });
    case 'archived':
      return by('timeline.archived_by', 'timeline.archived', {});
    case 'unarchived':
      return by('timeline.unarchived_by', 'timeline.unarchived', {});
    case 'deleted':
      return by('timeline.deleted_by', 'timeline.deleted', {});
    case 'restored':
      return by('timeline.restored_by', 'timeline.restored', {});
    case 'surveyed':
      return t('timeline.surveyed');
    case 'participant_added':
      return by('timeline.joined_by', 'timeline.joined', { agent: strong(nameIn(entry) ?? t('timeline.an_agent')) });
    case 'participant_removed':
      return by('timeline.left_by', 'timeline.left', { agent: strong(wordIn(entry, 'old_name') ?? nameIn(entry) ?? t('timeline.an_agent')) });
    case 'sla_warning':
      return t(entry.new === 'first_response' ? 'timeline.sla_warning_first' : 'timeline.sla_warning');
    case 'sla_breached':
      return t(entry.new === 'first_response' ? 'timeline.sla_breached_first' : 'timeline.sla_breached');
    default:
      return unknown(kind, actor);
  }
}

/** A kind that came with a later server is still told, by what it says of itself. */
function unknown(kind: string, actor: string): string {
  return [kind.replaceAll('_', ' '), actor].filter(Boolean).join(', ');
}

/** The name behind the id in `new`, which the server keeps beside it. */
function nameIn(entry: TimelineEntry): string | undefined {
  return wordIn(entry, 'new_name');
}

function wordIn(entry: TimelineEntry, key: string): string | undefined {
  const word = entry.metadata[key];
  return typeof word === 'string' && word !== '' ? word : undefined;
}

const detailNames = ['description', 'tags', 'metadata', 'context'] as const;

/** Which of the details were changed, in words. */
function fieldsIn(entry: TimelineEntry, { t, locale }: ConsoleSpeech): string {
  const fields = entry.metadata['fields'];
  const names = Array.isArray(fields) ? fields.flatMap((field) => detailNames.find((known) => known === field) ?? []) : [];
  return names.length === 0 ? t('detail.some') : new Intl.ListFormat(locale).format(names.map((name) => t(`detail.${name}`)));
}

function whenIn(at: string | null, { time }: ConsoleSpeech): string {
  if (at === null || Number.isNaN(Date.parse(at))) return '';
  return time.format({ weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' }).format(new Date(at));
}

export function statusName(status: string | null, t: ConsoleSpeech['t']): string {
  return status !== null && status in statusTone ? t(`status.${status as keyof typeof statusTone}`) : (status ?? '');
}

const priorities = ['low', 'normal', 'high', 'urgent'] as const;

export function priorityName(priority: string | null, t: ConsoleSpeech['t']): string {
  const known = priorities.find((one) => one === priority);
  return known === undefined ? (priority ?? '') : t(`priority.${known}`);
}
