// The start of what is loaded: coming near it loads what is older.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, type ConversationStore } from '@guichet/sdk';
import { useText } from '../texts.ts';

export function Older({ conversation }: { readonly conversation: ConversationStore }) {
  const { t } = useText();
  const mark = useRef<HTMLLIElement>(null);
  const [failed, setFailed] = useState(false);

  const load = () => {
    setFailed(false);
    conversation.loadOlder().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setFailed(true);
    });
  };

  const loading = conversation.loadingOlder.value;
  useEffect(() => {
    const element = mark.current;
    if (element === null || failed || loading) return undefined;
    // A page that does not fill the room leaves the mark in view: observing anew tells so.
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
      root: element.closest('.thread-scroll'),
      rootMargin: '600px 0px 0px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [conversation, failed, loading]);

  return (
    <li class="older" ref={mark}>
      {failed ? (
        <p class="inline-error" role="alert">
          {t('conversation.older_failed')}{' '}
          <button type="button" class="link" onClick={load}>
            {t('action.try_again')}
          </button>
        </p>
      ) : (
        <span class="meta">{t('conversation.older_loading')}</span>
      )}
    </li>
  );
}
