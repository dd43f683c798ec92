// The one field to answer, with files.
import { useRef } from 'preact/hooks';
import { MAX_CONTENT, type ConversationStore, type Uploads } from '@guichet/sdk';
import { Button, icons, useGrowing } from '@guichet/ui';
import { DropHint, filesOf, hasFiles, ToSend, useDraggedOver } from '@guichet/ui/files/index.ts';
import { useText } from '../texts.ts';

const MAX_LINES = 12;

export interface AnswerProps {
  readonly store: ConversationStore;
  readonly uploads: Uploads;
  /** Who answers, when somebody does. */
  readonly to: string | null;
  readonly reopens: boolean;
}

/** Enter begins a line, as in a letter; Ctrl+Enter sends. */
export function Answer({ store, uploads, to, reopens }: AnswerProps) {
  const { t } = useText();
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const text = store.draft.value;
  const excess = [...text].length - MAX_CONTENT;
  const over = useDraggedOver(form);
  useGrowing(field, text, MAX_LINES);

  const submit = (event?: Event) => {
    event?.preventDefault();
    if (excess > 0) return;
    if (store.send(text)) store.setDraft('');
    field.current?.focus();
  };
  const take = (event: DragEvent | ClipboardEvent) => {
    const given = 'dataTransfer' in event ? event.dataTransfer : event.clipboardData;
    if (!given?.types.includes('Files') || given.types.includes('text/plain')) return;
    event.preventDefault();
    if (event.type !== 'dragover') uploads.attach(filesOf(given.files));
  };
  const agent = to?.split(' ')[0];
  const placeholder = reopens ? t('answer.reopens') : agent === undefined ? t('answer.placeholder') : t('answer.placeholder_to', { name: agent });
  const nothing = text.trim() === '' && uploads.items.value.length === 0;

  return (
    <form ref={form} class="answer" onSubmit={submit} onDragOver={(event) => hasFiles(event) && take(event)} onDrop={take} onPaste={take}>
      <ToSend uploads={uploads.items.value} leftOut={uploads.leftOut.value} sending={uploads.sending.value} onRemove={(key) => uploads.remove(key)} onRetry={(key) => uploads.retry(key)} />
      <textarea
        ref={field}
        rows={2}
        aria-label={t('answer.label')}
        placeholder={placeholder}
        value={text}
        onInput={(event) => store.setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) submit(event);
        }}
        onBlur={() => store.stopTyping()}
      />
      <div>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            uploads.attach(filesOf(currentTarget.files ?? []));
            // The same file may be chosen again.
            currentTarget.value = '';
          }}
        />
        <Button look="quiet" icon={icons.clip} onClick={() => chooser.current?.click()}>
          {t('answer.attach')}
        </Button>
        <span class="meta" role="status">{excess > 0 ? t('answer.too_long', { count: excess }) : t('answer.limit')}</span>
        <Button type="submit" look="primary" disabled={nothing || excess > 0}>
          {t('answer.send')}
        </Button>
      </div>
      {over && <DropHint />}
    </form>
  );
}
