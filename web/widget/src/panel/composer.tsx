import { useRef } from 'preact/hooks';
import { MAX_CONTENT } from '@guichet/sdk';
import { IconButton, sends, useGrowing } from '@guichet/ui';
import { clip, up } from '@guichet/ui/icons.tsx';
import { attach, files } from '../files.ts';
import { useLive } from '../live.ts';
import { useTexts } from '../texts.ts';
import type { Line } from '../visitor/line.ts';

const MAX_LINES = 5;

export function Composer({ line, reopens }: { readonly line: Line; readonly reopens: boolean }) {
  const { store } = line;
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const text = useLive(store.draft);
  const loaded = useLive(files);
  const count = useLive(store.tray)?.count;
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
      {loaded && <loaded.Tray line={line} />}
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
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          attach(line, currentTarget.files!);
          // The same file may be chosen again.
          currentTarget.value = '';
        }}
      />
      <IconButton label={t('conversation.attach')} path={clip} onClick={() => chooser.current!.click()} />
      <IconButton type="submit" class="go" label={t('conversation.send')} path={up} disabled={(text.trim() === '' && !count) || excess > 0} />
    </form>
  );
}
