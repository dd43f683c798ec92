import { useRef } from 'preact/hooks';
import { MAX_CONTENT, type ConversationStore } from '@guichet/sdk';
import { IconButton, sends, useGrowing } from '@guichet/ui';
import { up } from '@guichet/ui/icons.tsx';
import { useLive } from '../live.ts';
import { useTexts } from '../texts.ts';
import type { Parts } from '../widget.tsx';

const MAX_LINES = 5;

export function Composer({ store, reopens }: { readonly store: ConversationStore; readonly reopens: boolean } & Parts) {
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useLive(store.draft);
  const excess = [...text].length - MAX_CONTENT;
  useGrowing(field, text, MAX_LINES);

  const submit = (event?: Event) => {
    event?.preventDefault();
    if (store.send(text)) store.setDraft('');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!sends(event)) return;
    event.preventDefault();
    submit();
  };

  return (
    <form class="write" onSubmit={submit}>
      {excess > 0 && (
        <p class="excess" role="status">
          {t('conversation.too_long', { count: excess })}
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        data-focus
        aria-label={t('conversation.write')}
        placeholder={t(reopens ? 'conversation.reopen' : 'conversation.write')}
        value={text}
        onInput={(event) => store.setDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => store.stopTyping()}
      />
      <IconButton type="submit" class="go" label={t('conversation.send')} path={up} disabled={text.trim() === '' || excess > 0} />
    </form>
  );
}
