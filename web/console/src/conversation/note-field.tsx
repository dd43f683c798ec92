// The field for a note: tinted, locked, with `@` to call upon a colleague.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { Avatar, Button, Icon, IconButton, icons, sends, useGrowing } from '@guichet/ui';
import { useAgents } from '../dialogs/action.tsx';
import { useDesk } from '../desk.ts';
import { matches } from '../palette/entries.ts';
import { useText } from '../texts.ts';
import { refusal } from './actions.ts';
import { MAX_NOTE, mentionsIn } from './note.tsx';
import type { NoteDraft } from './note-draft.ts';
import type { Notes } from './notes-store.ts';
import { useSuggestions, wordAt } from './suggestions.tsx';

export interface NoteFieldProps {
  readonly modes: ComponentChildren;
  readonly draft: NoteDraft;
  readonly notes: Notes;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onWritten: () => void;
}

const most = 8;

export function NoteField({ modes, draft, notes, field, onWritten }: NoteFieldProps) {
  const speech = useText();
  const { t } = speech;
  const { me } = useDesk();
  const agents = useAgents();
  const text = draft.text.value;
  const list = useId();
  const [cursor, setCursor] = useState(0);
  const [putAway, setPutAway] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const tooLong = text.length > MAX_NOTE && [...text].length > MAX_NOTE;
  useGrowing(field, text, 12);

  const typed = wordAt(text, cursor, '@');
  const complete = typed !== null && agents.some(({ name }) => typed.word.startsWith(`${name} `) || typed.word === name);
  const open = typed !== null && typed.from !== putAway && !complete;
  useEffect(() => {
    if (typed === null) setPutAway(null);
  }, [typed === null]);
  const insert = (from: number, to: number, words: string) => {
    draft.set(text.slice(0, from) + words + text.slice(to));
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from + words.length, from + words.length);
      setCursor(from + words.length);
    });
  };
  const items = !open
    ? null
    : agents
        .filter(({ id, name }) => id !== me.id && matches(typed.word, name))
        .slice(0, most)
        .map(({ id, name }) => ({
          id,
          choose: () => insert(typed.from, cursor, `@${name} `),
          content: (
            <>
              <Avatar id={id} name={name} size="small" /> <span class="truncate">{name}</span>
            </>
          ),
        }));
  // After a sign with no name behind it the list gets out of the way.
  const suggesting = useSuggestions(list, t('note.mention'), items !== null && items.length === 0 ? null : items, '', () => setPutAway(typed?.from ?? null));

  const write = async () => {
    if (busy || text.trim() === '' || tooLong) return;
    setBusy(true);
    setProblem(null);
    try {
      await notes.write({ content: text.trim(), mentions: mentionsIn(text, agents) }, draft.key);
      draft.clear();
      onWritten();
    } catch (error) {
      setProblem(refusal(error, speech));
    } finally {
      setBusy(false);
      field.current?.focus();
    }
  };
  return (
    <form
      class="composer"
      data-mode="note"
      aria-label={t('composer.note')}
      onSubmit={(event) => {
        event.preventDefault();
        void write();
      }}
    >
      {modes}
      {suggesting.list}
      <textarea
        ref={field}
        rows={2}
        value={text}
        aria-label={t('note.text')}
        aria-invalid={tooLong}
        placeholder={t('note.placeholder')}
        {...suggesting.field}
        onInput={(event) => {
          draft.set(event.currentTarget.value);
          setCursor(event.currentTarget.selectionStart);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onKeyDown={(event) => {
          if (suggesting.onKeyDown(event) || !sends(event)) return;
          event.preventDefault();
          void write();
        }}
      />
      <p class="composer-problem" role="alert">
        {problem !== null && (
          <>
            <Icon path={icons.alert} size="small" /> {problem}
          </>
        )}
      </p>
      <div class="tools">
        <IconButton
          label={t('note.mention')}
          path={icons.at}
          onClick={() => {
            const at = field.current?.selectionStart ?? text.length;
            insert(at, at, at > 0 && !/\s/.test(text[at - 1] ?? '') ? ' @' : '@');
          }}
        />
        {tooLong && (
          <span class="meta too-long" role="status">
            {t('composer.too_long', { count: [...text].length - MAX_NOTE })}
          </span>
        )}
        <span class="hint meta">
          <kbd class="key">{t('composer.enter')}</kbd> {t('note.keeps')}
        </span>
        <Button type="submit" class="on-note" aria-disabled={busy}>
          {t('note.write')}
        </Button>
      </div>
    </form>
  );
}
