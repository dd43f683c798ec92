// A message's words with what their author, or an admin, can do with them: edit, delete.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, MAX_CONTENT, Revisions, type ThreadMessage } from '@guichet/sdk';
import { Button, Icon, icons, sends, useGrowing } from '@guichet/ui';
import { Sure } from '../dialogs/sure.tsx';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';

export interface MessageBodyProps {
  readonly message: ThreadMessage;
  readonly revisions: Revisions;
  /** Whether the request still takes edits; deletions it always takes. */
  readonly takesEdits: boolean;
  readonly children: ComponentChildren;
}

const maxLines = 12;

export function MessageBody({ message, revisions, takesEdits, children }: MessageBodyProps) {
  const { t } = useText();
  /** The text while it is being edited. */
  const [text, setText] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const wasEditing = useRef(false);

  useEffect(() => {
    // The focus goes back to where the editing was begun.
    if (wasEditing.current && text === null) body.current?.querySelector<HTMLElement>('.revise')?.focus();
    wasEditing.current = text !== null;
  }, [text === null]);

  const id = message.id;
  if (id === null) return <>{children}</>;
  const told = (error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    toast({ text: error.isNetwork ? t('action.no_answer') : t('action.refused', { reason: error.message }), tone: 'danger' });
  };
  const save = (wanted: string) => {
    setText(null);
    revisions.edit(id, wanted).catch((error: unknown) => {
      // What was written is not thrown away: it can be sent again or copied.
      setText(wanted);
      told(error);
    });
  };

  if (text !== null) return <Editor text={text} onText={setText} onSave={save} onCancel={() => setText(null)} />;
  const editable = takesEdits && message.content !== '' && Revisions.isEditable(message, Date.now());
  return (
    <div class="revisable" ref={body}>
      {children}
      <Menu label={t('message.actions')} buttonLabel={t('message.actions')} buttonClass="icon-button tiny revise" button={<Icon path={icons.more} heavy />} edge="end">
        {editable && (
          <MenuItem icon={<Icon path={icons.pen} />} onChoose={() => setText(message.content)}>
            {t('message.edit')}
          </MenuItem>
        )}
        <MenuItem icon={<Icon path={icons.cross} />} onChoose={() => setAsking(true)}>
          {t('message.delete')}
        </MenuItem>
      </Menu>
      {asking && (
        <Sure
          title={t('message.delete_title')}
          action={t('message.delete')}
          onClose={() => setAsking(false)}
          onSure={() => {
            // The button that opened the question goes with the message's words.
            body.current?.closest<HTMLElement>('.thread-scroll')?.focus();
            revisions.remove(id).catch(told);
          }}
        >
          <p>{t('message.delete_why')}</p>
        </Sure>
      )}
    </div>
  );
}

interface EditorProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

function Editor({ text, onText, onSave, onCancel }: EditorProps) {
  const { t } = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, text, maxLines);
  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);
  const tooLong = text.length > MAX_CONTENT && [...text].length > MAX_CONTENT;
  const cannot = tooLong || text.trim() === '';
  const save = () => {
    if (!cannot) onSave(text);
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
        rows={1}
        value={text}
        aria-label={t('message.edit_label')}
        aria-invalid={tooLong}
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
      {tooLong && (
        <span class="meta too-long" role="status">
          {t('composer.too_long', { count: [...text].length - MAX_CONTENT })}
        </span>
      )}
      <div class="choices">
        <Button onClick={onCancel}>{t('message.cancel')}</Button>
        <Button type="submit" look="primary" disabled={cannot}>
          {t('message.save')}
        </Button>
      </div>
    </form>
  );
}
