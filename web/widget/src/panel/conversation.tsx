import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, isClosed } from '@guichet/sdk';
import { Avatar, Button, Empty, IconButton, layoutThread, Thread, useLate, useNow, useThreadScroll, type ThreadMessage } from '@guichet/ui';
import { alert, down, lock, moon, offline, Icon } from '@guichet/ui/icons.tsx';
import { files, needFiles } from '../files.ts';
import { useLive } from '../live.ts';
import { useTexts } from '../texts.ts';
import type { Line } from '../visitor/line.ts';
import type { Parts } from '../widget.tsx';
import { Composer } from './composer.tsx';
import { Header } from './header.tsx';
import { TeamStack, useAnswerTime } from './team.tsx';
import { itemsOf } from './items.ts';

export function Conversation({ id, ...parts }: { readonly id: string } & Parts) {
  const { visitor } = parts;
  const line = useMemo(() => visitor.open(id), [visitor, id]);
  if (line === null) return null;
  return <OpenConversation line={line} {...parts} />;
}

function OpenConversation({ line, ...parts }: { readonly line: Line } & Parts) {
  const { visitor, shell } = parts;
  const { t } = useTexts();
  const refused = useLive(line.refused);
  const anew = () => {
    visitor.forget(line.record.id);
    shell.show({ name: 'ask' });
  };
  return (
    <>
      <ConversationHeader line={line} {...parts} />
      {refused ? (
        <div class="scroll">
          <Empty icon={lock} title={t('conversation.refused')} action={<Button onClick={anew}>{t('conversation.new')}</Button>}>
            {t('conversation.refused_text')}
          </Empty>
        </div>
      ) : (
        <>
          <Messages line={line} {...parts} />
          <Foot line={line} {...parts} />
        </>
      )}
      <ConnectionLine line={line} />
    </>
  );
}

function ConversationHeader({ line, visitor, shell }: { readonly line: Line } & Parts) {
  const { t } = useTexts();
  const answerTime = useAnswerTime(visitor);
  const assignee = useLive(line.request)?.assignee;
  const spoke = useLive(line.store.messages).findLast((message) => message.sender.type === 'agent')?.sender;
  const agent = assignee ?? spoke;
  const online = useLive(line.store.participants).some((person) => person.id === agent?.id && person.online);
  if (!agent) {
    return (
      <Header shell={shell} title={t('conversation.team')} detail={answerTime}>
        <TeamStack visitor={visitor} />
      </Header>
    );
  }
  return (
    <Header shell={shell} title={agent.name} detail={online ? t('conversation.online') : t('conversation.offline')}>
      <Avatar id={agent.id} name={agent.name} presence={online ? 'online' : undefined} />
    </Header>
  );
}

function Messages({ line, visitor }: { readonly line: Line } & Parts) {
  const texts = useTexts();
  const { t, time } = texts;
  const now = useNow();
  const scroll = useThreadScroll();
  const [olderFailed, setOlderFailed] = useState(false);
  const { store } = line;
  const messages = useLive(store.messages);
  const phase = useLive(store.phase);
  const late = useLate(phase === 'loading');
  const away = useLive(visitor.availability)?.online === false;
  const typing = useLive(store.typing);
  const request = useLive(line.request);
  const connected = useLive(line.connection) === 'fine';
  const ended = useLive(store.session)?.ended_at;
  const queue = useLive(store.queue);
  const loaded = useLive(files);
  const needed = messages.some(({ attachments }) => attachments[0]);
  useEffect(() => {
    if (needed || line.kept) void needFiles();
  }, [needed]);
  const items = useMemo(() => itemsOf({ messages, request, ended, connected, t }), [messages, request, ended, connected, t]);
  const blocks = useMemo(() => layoutThread(items, time), [items, time]);

  // What is in view at the end of the thread, on a page that is seen, is read.
  const unread = useLive(store.unread);
  useEffect(() => {
    const seen = () => {
      if (unread > 0 && scroll.atEnd && document.visibilityState === 'visible') store.markRead();
    };
    seen();
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [unread, scroll.atEnd, store]);

  const loadOlder = async () => {
    setOlderFailed(false);
    try {
      await store.loadOlder();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOlderFailed(true);
    }
  };
  const onScroll = (event: { currentTarget: HTMLElement }) => {
    const { scrollHeight, clientHeight, scrollTop } = event.currentTarget;
    if (scrollHeight + scrollTop - clientHeight < 200 && store.hasOlder.peek() && !olderFailed) void loadOlder();
  };
  const takeBack = (key: string) => {
    const text = store.discard(key);
    if (text !== undefined && store.draft.peek().trim() === '') store.setDraft(text);
  };

  const attached = (message: ThreadMessage) =>
    message.attachments?.[0] && (loaded ? <loaded.Sent line={line} message={message} /> : message.attachments.map(({ file_name }) => <p class="bubble">{file_name}</p>));

  if (phase === 'loading' && messages.length === 0) {
    return <div class="scroll">{!connected ? <Empty icon={offline} title={t('conversation.waiting')} /> : late && <Loading />}</div>;
  }
  const before = olderFailed && (
    <li class="system">
      <span>{t('conversation.older_failed')}</span>
      <button type="button" onClick={() => void loadOlder()}>
        {t('panel.retry')}
      </button>
    </li>
  );
  // Said only of what has arrived, and to somebody who still waits.
  const last = messages.at(-1);
  const waits = last?.mine && last.seq !== null && request?.status !== 'resolved' && request?.status !== 'closed';
  const after = away && waits && (
    <li class="away">
      <p>
        <Icon path={moon} /> <b>{t('conversation.away')}</b>
      </p>
      <p>{request?.requester.email ? t('conversation.away_email', { email: request.requester.email }) : t('conversation.away_here')}</p>
    </li>
  );
  const wait = queue?.estimated_wait_s;
  // Where nobody is there, a place and a time would promise what nobody keeps.
  const place = queue && !away && (
    <li class="system">
      {t('conversation.queue', { position: queue.position })}
      {wait != null && t('conversation.wait', { duration: time.duration(Math.max(wait, 60) * 1e3) })}
    </li>
  );
  return (
    <div class="messages">
      <div class="thread-scroll" ref={scroll.ref} tabIndex={0} role="log" aria-label={t('ui.messages')} onScroll={onScroll}>
        <Thread blocks={blocks} typing={typing} now={now} before={before} after={[place, after]} attached={attached} onSendAgain={(key) => store.retry(key)} onDiscard={takeBack} />
      </div>
      {!scroll.atEnd && (
        <div class="newest">
          <IconButton label={t('conversation.newest')} path={down} onClick={scroll.toEnd} />
          {unread > 0 && <span class="unread">{unread}</span>}
        </div>
      )}
    </div>
  );
}

function Loading() {
  const { t } = useTexts();
  return (
    <div class="thread" role="status" aria-label={t('conversation.loading')}>
      {['58%', '72%', '40%'].map((width, index) => (
        <i key={width} class="skeleton bubble-skeleton" style={{ inlineSize: width, alignSelf: index === 1 ? 'end' : 'start' }} />
      ))}
    </div>
  );
}

function Foot({ line, shell, visitor }: { readonly line: Line } & Parts) {
  const { t } = useTexts();
  const status = useLive(line.request)?.status;
  const tooLate = useLive(line.store.messages).filter(({ error }) => error && isClosed(error.code));
  useEffect(() => {
    if (tooLate.length > 0) void line.refresh();
  }, [tooLate.length, line]);
  const anew = () => {
    // What came too late for this request begins the next one.
    visitor.write([visitor.question.text.peek(), ...tooLate.map(({ key }) => line.store.discard(key))].filter((text) => text?.trim()).join('\n'));
    shell.show({ name: 'ask' });
  };
  if (status === 'closed' || tooLate.length > 0) {
    return (
      <div class="closed">
        <p>{t('conversation.closed_text')}</p>
        <Button look="primary" onClick={anew}>
          {t('conversation.new')}
        </Button>
      </div>
    );
  }
  return <Composer line={line} reopens={status === 'resolved'} />;
}

/** Said only when it is not fine. */
function ConnectionLine({ line }: { readonly line: Line }) {
  const { t } = useTexts();
  const connection = useLive(line.connection);
  const late = useLate(connection !== 'fine');
  if (!late || connection === 'fine') return null;
  return (
    <p class="connection" role="status">
      <Icon path={connection === 'offline' ? offline : alert} size="small" /> {t(connection === 'offline' ? 'connection.offline' : 'connection.reconnecting')}
      <button type="button" onClick={() => line.realtime.retryNow()}>
        {t('panel.retry')}
      </button>
    </p>
  );
}
