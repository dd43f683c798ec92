// Canned replies in the field: `/` and a few letters, then Enter.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CannedReply, SupportRequest } from '@guichet/sdk';
import { useDesk } from '../desk.ts';
import { matches } from '../palette/entries.ts';
import { useText } from '../texts.ts';
import { fillPlaceholders } from './placeholders.ts';
import { useSuggestions, wordAt, type Suggesting } from './suggestions.tsx';

export interface CannedProps {
  readonly id: string;
  readonly request: SupportRequest;
  readonly text: string;
  readonly cursor: number;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onText: (text: string) => void;
}

const most = 8;

export function useCanned({ id, request, text, cursor, field, onText }: CannedProps): Suggesting & { readonly begin: () => void } {
  const { t, locale } = useText();
  const desk = useDesk();
  const typed = wordAt(text, cursor, '/');
  /** The place at which the list was put away. */
  const [putAway, setPutAway] = useState<number | null>(null);
  const open = typed !== null && typed.from !== putAway;
  useEffect(() => {
    if (typed === null) setPutAway(null);
  }, [typed === null]);
  useEffect(() => {
    if (!open) return;
    void desk.cannedReplies.load();
    void desk.organization.load();
  }, [open, desk]);

  const insert = (from: number, to: number, words: string) => {
    onText(text.slice(0, from) + words + text.slice(to));
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from + words.length, from + words.length);
    });
  };
  const fitting = open ? rank(desk.cannedReplies.value.value ?? [], typed.word, request, locale) : [];
  const items = !open
    ? null
    : fitting.slice(0, most).map((reply) => {
        const words = fillPlaceholders(reply.content, { request, agent: desk.me.name, organization: desk.organization.value.value?.name ?? '' });
        return {
          id: reply.id,
          choose: () => insert(typed.from, cursor, words),
          content: (
            <>
              <b class="truncate">{reply.title}</b>
              <kbd class="key">/{reply.shortcut}</kbd>
              <span class="meta truncate">{words}</span>
            </>
          ),
        };
      });
  const waiting = desk.cannedReplies.value.value === null && desk.cannedReplies.problem.value === null;
  const empty = desk.cannedReplies.problem.value !== null ? t('canned.failed') : t(waiting ? 'canned.loading' : 'canned.none');
  const suggesting = useSuggestions(id, t('composer.canned'), items, empty, () => setPutAway(typed?.from ?? null));
  const begin = () => {
    const element = field.current;
    if (element === null) return;
    const at = element.selectionStart;
    const space = at > 0 && !/\s/.test(text[at - 1] ?? '') ? ' ' : '';
    setPutAway(null);
    insert(at, at, `${space}/`);
  };
  return { ...suggesting, begin };
}

/** What fits, the exact shortcut first, then those of the request's category and the reader's language. */
export function rank(replies: readonly CannedReply[], word: string, request: Pick<SupportRequest, 'category'>, locale: string): CannedReply[] {
  const score = ({ shortcut, category, language }: CannedReply) =>
    (word !== '' && shortcut === word ? 8 : 0) + (word !== '' && shortcut.startsWith(word) ? 4 : 0) + (category === request.category ? 2 : 0) + (language === locale ? 1 : 0);
  return replies
    .filter(({ shortcut, title, content }) => word === '' || shortcut.startsWith(word) || matches(word, title, content))
    .toSorted((a, b) => score(b) - score(a) || a.title.localeCompare(b.title));
}
