// An internal note in the thread: its ground and its lock are nothing else's, so that nobody takes it for an answer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { type NewNote, type Note } from '@guichet/sdk';
import { Button, Clock, Icon, icons, parseInline, sends, useGrowing, type Inline } from '@guichet/ui';
import { useAgents } from '../dialogs/action.tsx';
import { Sure } from '../dialogs/sure.tsx';
import { useDesk, type Me } from '../desk.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { refusal } from './actions.ts';
import type { Notes } from './notes-store.ts';

export const MAX_NOTE = 10_000;

export function NoteItem({ note, notes }: { readonly note: Note; readonly notes: Notes }) {
  const speech = useText();
  const { t } = speech;
  const { me, isAdmin } = useDesk();
  const [text, setText] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const tell = (error: unknown) => toast({ text: refusal(error, speech), tone: 'danger' });
  const own = note.author.id === me.id;
  if (note.content === null) {
    return (
      <div class="note" data-deleted>
        <p class="meta">
          <Icon path={icons.lock} size="small" /> {t('note.deleted', { name: note.author.name })}
        </p>
      </div>
    );
  }
  return (
    <article class="note" aria-label={t('note.by', { name: note.author.name })}>
      <header>
        <Icon path={icons.lock} size="small" />
        <span class="truncate">
          <b>{note.author.name}</b>, {t('note.title')}
        </span>
        {note.edited_at !== null && <span>{t('ui.edited')}</span>}
        <Clock at={note.created_at} />
        {(own || isAdmin) && text === null && (
          <Menu label={t('note.actions')} buttonLabel={t('note.actions')} buttonClass="icon-button tiny" button={<Icon path={icons.more} heavy />} edge="end">
            {own && (
              <MenuItem icon={<Icon path={icons.pen} />} onChoose={() => setText(note.content)}>
                {t('message.edit')}
              </MenuItem>
            )}
            <MenuItem icon={<Icon path={icons.trash} />} onChoose={() => setAsking(true)}>
              {t('message.delete')}
            </MenuItem>
          </Menu>
        )}
      </header>
      {text === null ? (
        <NoteText content={note.content} mentions={note.mentions.map(({ name }) => name)} />
      ) : (
        <NoteEditor
          text={text}
          mentioned={note.mentions}
          onText={setText}
          onCancel={() => setText(null)}
          onSave={(change) => {
            setText(null);
            notes.edit(note.id, change).catch((error: unknown) => {
              // What was written is not thrown away.
              setText(change.content);
              tell(error);
            });
          }}
        />
      )}
      {asking && (
        <Sure
          title={t('note.delete_title')}
          action={t('message.delete')}
          onClose={() => setAsking(false)}
          onSure={() => {
            document.querySelector<HTMLElement>('.thread-scroll')?.focus();
            notes.remove(note).catch(tell);
          }}
        >
          <p>{t('note.delete_why')}</p>
        </Sure>
      )}
    </article>
  );
}

interface NoteEditorProps {
  readonly text: string;
  readonly mentioned: Note['mentions'];
  readonly onText: (text: string) => void;
  readonly onSave: (note: NewNote) => void;
  readonly onCancel: () => void;
}

function NoteEditor({ text, mentioned, onText, onSave, onCancel }: NoteEditorProps) {
  const { t } = useText();
  const agents = useAgents();
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, text, 12);
  useEffect(() => field.current?.focus(), []);
  const cannot = text.trim() === '' || [...text].length > MAX_NOTE;
  const save = () => {
    if (!cannot) onSave({ content: text, mentions: mentionsIn(text, [...agents, ...mentioned]) });
  };
  return (
    <form
      class="message-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={field}
        rows={2}
        value={text}
        aria-label={t('note.text')}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            onCancel();
          } else if (sends(event)) {
            event.preventDefault();
            save();
          }
        }}
      />
      <div class="choices">
        <Button onClick={onCancel}>{t('message.cancel')}</Button>
        <Button type="submit" look="primary" disabled={cannot}>
          {t('message.save')}
        </Button>
      </div>
    </form>
  );
}

/** The ids of those whose names stand after an at sign. */
export function mentionsIn(content: string, people: readonly Pick<Me, 'id' | 'name'>[]): string[] {
  // The longest first, so that Anne does not answer for Anne Morel.
  let rest = content;
  const ids = new Set<string>();
  for (const { id, name } of people.toSorted((a, b) => b.name.length - a.name.length)) {
    if (!rest.includes(`@${name}`)) continue;
    ids.add(id);
    rest = rest.replaceAll(`@${name}`, '');
  }
  return [...ids];
}

/** Words, links, and the names of those it calls upon. */
export function NoteText({ content, mentions }: { readonly content: string; readonly mentions: readonly string[] }) {
  return <p class="note-text">{parseInline(content).map((part) => inline(part, mentions))}</p>;
}

function inline(part: Inline, mentions: readonly string[]): preact.ComponentChildren {
  switch (part.kind) {
    case 'text':
      return withMentions(part.text, mentions);
    case 'code':
      return <code>{part.text}</code>;
    case 'strong':
      return <strong>{part.content.map((one) => inline(one, mentions))}</strong>;
    case 'emphasis':
      return <em>{part.content.map((one) => inline(one, mentions))}</em>;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.content.map((one) => inline(one, mentions))}
        </a>
      );
  }
}

function withMentions(text: string, mentions: readonly string[]): preact.ComponentChildren {
  const names = mentions.toSorted((a, b) => b.length - a.length);
  for (const name of names) {
    const at = text.indexOf(`@${name}`);
    if (at < 0) continue;
    const end = at + name.length + 1;
    return [withMentions(text.slice(0, at), mentions), <span class="mention">{text.slice(at, end)}</span>, withMentions(text.slice(end), mentions)];
  }
  return text;
}
