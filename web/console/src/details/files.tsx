// The files of the whole conversation, beside it.
import { useEffect, useMemo } from 'preact/hooks';
import { RequestFiles, type ConversationStore } from '@guichet/sdk';
import { stamp } from '@guichet/ui';
import { FileRow } from '@guichet/ui/files/index.ts';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';

export function Files({ conversation, now }: { readonly conversation: ConversationStore; readonly now: number }) {
  const { t, time } = useText();
  const { session, links, realtime } = useDesk();
  const all = useMemo(() => new RequestFiles(conversation, session.api), [conversation, session]);
  // What was sent while the line was lost, and lies above what is loaded, is only in the list.
  const online = realtime.state.value === 'online';
  useEffect(() => {
    if (online || all.phase.peek() === 'loading') void all.load();
  }, [all, online]);
  const files = all.files.value;
  const failed = all.phase.value === 'failed';
  if (files.length === 0 && !failed) return null;
  return (
    <section>
      <h2 class="section">{t('details.files')}</h2>
      {failed && (
        <p class="inline-error">
          {t('details.files_failed')}{' '}
          <button type="button" class="link" onClick={() => void all.load()}>
            {t('action.try_again')}
          </button>
        </p>
      )}
      <ul class="files" role="list">
        {files.map((file) => (
          <li key={file.id}>
            <FileRow attachment={file} source={links} />
            <time class="meta" dateTime={file.created_at} title={time.full(file.created_at)}>
              {stamp(time, file.created_at, now)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}
