// The conversation: the thread in the page's own scroll, and under it the one field to answer.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, isClosed, Links, Uploads, type ConversationStore, type OwnSupportRequest } from '@guichet/sdk';
import { Button, Icon, icons, layoutThread, Thread, useLate } from '@guichet/ui';
import { Attached } from '@guichet/ui/files/index.ts';
import { nowOf } from '@guichet/tracker';
import { useText } from '../texts.ts';
import { Answer } from './answer.tsx';
import { FollowUp } from './follow-up.tsx';
import { itemsOf } from './items.ts';
import type { Line } from './open-request.tsx';

interface TalkProps {
  readonly line: Line;
  readonly request: OwnSupportRequest;
  readonly store: ConversationStore;
  readonly now: number;
  /** Between the thread and the field. */
  readonly before: ComponentChildren;
}

export function Talk({ line, request, store, now, before }: TalkProps) {
  const { t } = useText();
  const phase = store.phase.value;
  const late = useLate(phase === 'loading');
  const { access } = line;
  const uploads = useMemo(() => new Uploads({ conversation: store, api: access.api, scope: access.user?.id ?? `guest-${store.id}` }), [store, access]);
  // What came too late for this request begins the one that follows.
  const tooLate = store.messages.value.filter(({ error }) => error !== null && isClosed(error.code));
  useEffect(() => {
    if (tooLate.length > 0) void line.followed.load();
  }, [tooLate.length, line]);
  const closed = request.status === 'closed';
  if (phase === 'refused') return <p class="notice">{t('thread.refused')}</p>;
  // Messages come one after the other; drawn before the last of them, they would push the field down. What is unsent is shown in any case.
  if (phase === 'loading' && !store.messages.value.some(({ seq }) => seq === null)) {
    return <div class="thread-room">{late && ['58%', '72%', '40%'].map((width) => <i key={width} class="skeleton bubble-room" style={{ inlineSize: width }} />)}</div>;
  }
  return (
    <>
      <Messages line={line} request={request} store={store} now={now} />
      {before}
      <Connection line={line} />
      {closed && nowOf(request) !== 'merged' && <FollowUp line={line} request={request} unsent={tooLate.map(({ content }) => content).join('\n')} onSent={() => tooLate.forEach(({ key }) => store.discard(key))} />}
      {!closed && <Answer store={store} uploads={uploads} to={request.assignee?.name ?? null} reopens={request.status === 'resolved'} />}
    </>
  );
}

function Messages({ line, request, store, now }: Omit<TalkProps, 'before'>) {
  const { t, time } = useText();
  const [olderFailed, setOlderFailed] = useState(false);
  const messages = store.messages.value;
  const hasOlder = store.hasOlder.value;
  const connected = line.realtime.state.value === 'online';
  const links = useMemo(() => new Links(line.access.api), [line.access]);
  const items = useMemo(() => itemsOf({ messages, request, hasOlder, connected, t }), [messages, request, hasOlder, connected, t]);
  const blocks = useMemo(() => layoutThread(items, time), [items, time]);
  const end = useReading(store);
  const loadOlder = async () => {
    setOlderFailed(false);
    try {
      await store.loadOlder();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOlderFailed(true);
    }
  };
  const takeBack = (key: string) => {
    const text = store.discard(key);
    if (text !== undefined && store.draft.peek().trim() === '') store.setDraft(text);
  };
  return (
    <section aria-label={t('thread.name')} role="log">
      <Thread
        blocks={blocks}
        typing={store.typing.value}
        now={now}
        before={
          hasOlder && (
            <li class="system">
              {olderFailed && <span>{t('thread.older_failed')}</span>}
              <Button look="quiet" aria-disabled={store.loadingOlder.value} onClick={() => void loadOlder()}>
                {t('thread.older')}
              </Button>
            </li>
          )
        }
        attached={(message) => message.attachments?.[0] && <Attached attachments={message.attachments} source={links} pending={message.state === 'pending'} />}
        onSendAgain={(key) => store.retry(key)}
        onDiscard={takeBack}
      />
      <span ref={end} />
    </section>
  );
}

/** What stands at the end of the thread while that is in view, on a page that is seen, is read. */
function useReading(store: ConversationStore) {
  const end = useRef<HTMLSpanElement>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    if (end.current === null) return undefined;
    const observer = new IntersectionObserver((entries) => setInView(entries.some((entry) => entry.isIntersecting)));
    observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  const unread = store.unread.value;
  useEffect(() => {
    const seen = () => {
      if (unread > 0 && inView && document.visibilityState === 'visible') store.markRead();
    };
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [unread, inView, store]);
  return end;
}

/** Said only when it is not fine. */
function Connection({ line }: { readonly line: Line }) {
  const { t } = useText();
  const state = line.realtime.state.value;
  const wrong = state === 'reconnecting' || state === 'offline';
  const late = useLate(wrong);
  return (
    <div class="connection-room" role="status">
      {late && wrong && (
        <p class="connection">
          <Icon path={state === 'offline' ? icons.offline : icons.alert} size="small" /> {t(state === 'offline' ? 'connection.offline' : 'connection.reconnecting')}
          <button type="button" onClick={() => line.realtime.retryNow()}>
            {t('action.try_again')}
          </button>
        </p>
      )}
    </div>
  );
}
