// Where the answer is written, or a note that only the staff reads: two modes that cannot be taken for one another.
import type { RefObject } from 'preact';
import { type ConversationStore, type SupportRequest, type Uploads } from '@guichet/sdk';
import { Button, Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route } from '../route.ts';
import { ask } from '../shell/asked.ts';
import { useText } from '../texts.ts';
import { canTake, useCommands } from './actions.ts';
import { NoteField } from './note-field.tsx';
import type { Notes } from './notes-store.ts';
import { ReplyField } from './reply-field.tsx';

export interface ComposerProps {
  readonly request: SupportRequest;
  readonly conversation: ConversationStore;
  readonly uploads: Uploads;
  readonly notes: Notes;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  /** A message has just been sent, or a note written. */
  readonly onSent: () => void;
}

export function Composer({ request, conversation, uploads, notes, field, onSent }: ComposerProps) {
  const desk = useDesk();
  const draft = desk.noteDraft(request.id);
  const note = draft.open.value;
  const closed = request.status === 'closed';
  const switchTo = (open: boolean) => {
    draft.show(open);
    requestAnimationFrame(() => field.current?.focus());
  };
  if (closed && !note) return <Closed request={request} onNote={() => switchTo(true)} />;
  const modes = <Modes request={request} note={note} onNote={switchTo} />;
  return (
    <>
      {request.assignee === null && !note && <Unassigned request={request} onTaken={() => field.current?.focus()} />}
      {note ? (
        <NoteField modes={modes} draft={draft} notes={notes} field={field} onWritten={onSent} />
      ) : (
        <ReplyField modes={modes} request={request} conversation={conversation} uploads={uploads} field={field} onSent={onSent} />
      )}
    </>
  );
}

function Modes({ request, note, onNote }: { readonly request: SupportRequest; readonly note: boolean; readonly onNote: (note: boolean) => void }) {
  const { t } = useText();
  const closed = request.status === 'closed';
  return (
    <div
      class="modes"
      role="tablist"
      aria-label={t('composer.mode')}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        if (!closed) onNote(!note);
      }}
    >
      {!closed && (
        <button type="button" role="tab" class="mode" data-mode="reply" aria-selected={!note} tabIndex={note ? -1 : 0} onClick={() => onNote(false)}>
          <Icon path={icons.chat} size="small" /> {t('composer.reply')}
        </button>
      )}
      <button type="button" role="tab" class="mode" data-mode="note" aria-selected={note} tabIndex={note ? 0 : -1} onClick={() => onNote(true)}>
        <Icon path={icons.lock} size="small" /> {t('composer.note')}
      </button>
      <span class="to meta truncate" role="presentation">
        {note ? t('composer.staff_reads') : t('composer.who_reads', { name: request.requester.name || t('request.no_name') })}
      </span>
      {closed && (
        <button type="button" class="link" onClick={() => onNote(false)}>
          {t('composer.no_note')}
        </button>
      )}
    </div>
  );
}

/** Nothing can be answered here any more: what can be done instead. */
function Closed({ request, onNote }: { readonly request: SupportRequest; readonly onNote: () => void }) {
  const { t } = useText();
  const { inbox } = useDesk();
  const other = request.merged_into === null ? undefined : inbox.request(request.merged_into);
  return (
    <div class="no-composer">
      <p>
        <Icon path={icons.lock} size="small" /> {t(request.merged_into === null ? 'composer.closed' : 'composer.merged')}
      </p>
      <div>
        {other !== undefined && (
          <a
            class="button"
            href={hrefOf({ view: route.value.view, number: other.number })}
            onClick={(event) => {
              event.preventDefault();
              go({ ...route.value, number: other.number, details: false });
            }}
          >
            {other.number}
          </a>
        )}
        {request.merged_into === null && (
          <Button icon={icons.plus} onClick={() => ask({ what: 'follow_up', request })}>
            {t('action.follow_up')}
          </Button>
        )}
        <Button icon={icons.lock} data-mode="note" onClick={onNote}>
          {t('composer.note')}
        </Button>
      </div>
    </div>
  );
}

/** Nobody answers yet: said where the answer would be written. */
function Unassigned({ request, onTaken }: { readonly request: SupportRequest; readonly onTaken: () => void }) {
  const { t } = useText();
  const { me } = useDesk();
  const commands = useCommands();
  if (!canTake(request, me.id)) return null;
  return (
    <p class="unassigned">
      <span>{t('composer.unassigned')}</span>
      <Button icon={icons.hand} onClick={() => void commands.act(request, 'take').then((taken) => taken && onTaken())}>
        {t('action.take')}
      </Button>
    </p>
  );
}
