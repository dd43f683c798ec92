// A request that may be read, from its first answer on.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { browserStore, ConversationApi, ConversationStore, pageTab, RealtimeClient, realtimeUrl, systemClock, type OwnSupportRequest } from '@guichet/sdk';
import { Icon, icons, useNow } from '@guichet/ui';
import { Followed, nowOf, Tracker } from '@guichet/tracker';
import { DataDialog } from '../data/my-data.tsx';
import { Frame } from '../frame.tsx';
import { pageOf } from '../organization.ts';
import { useText } from '../texts.ts';
import { About, History } from './about.tsx';
import { requestNumber, type Access } from './access.ts';
import { Rate } from './rate.tsx';
import { Foot, Unreachable, Waiting } from './request-page.tsx';
import { Talk } from './talk.tsx';

export interface Line {
  readonly access: Access;
  readonly followed: Followed;
  readonly realtime: RealtimeClient;
}

interface OpenRequestProps {
  readonly access: Access;
  /** It may not be read any more. */
  readonly onLost: () => void;
  readonly onErased: () => void;
}

export function OpenRequest({ access, onLost, onErased }: OpenRequestProps) {
  const line = useMemo<Line>(() => {
    const realtime = new RealtimeClient({ url: realtimeUrl(access.api.origin), tokens: access.tokens });
    return { access, realtime, followed: new Followed({ fetch: () => access.fetch(), realtime }) };
  }, [access]);
  useEffect(() => {
    line.realtime.start();
    void line.followed.load();
    return () => {
      line.followed.dispose();
      line.realtime.stop();
    };
  }, [line]);
  const phase = line.followed.phase.value;
  const request = line.followed.request.value;
  const lost = phase === 'lost' || line.realtime.state.value === 'signed_out';
  useEffect(() => {
    if (lost) onLost();
  }, [lost]);
  if (lost) return <Waiting />;
  if (request !== null) return <Shown line={line} request={request} onErased={onErased} />;
  if (phase === 'unreachable') return <Unreachable onRetry={() => void line.followed.load()} />;
  return <Waiting />;
}

function Shown({ line, request, onErased }: { readonly line: Line; readonly request: OwnSupportRequest; readonly onErased: () => void }) {
  const { t } = useText();
  const now = useNow();
  const [data, setData] = useState(false);
  const { access, followed } = line;
  const timeline = followed.timeline.value;
  const store = useStore(line, request);
  const ended = request.status === 'resolved' || request.status === 'closed';
  const merged = nowOf(request) === 'merged';
  return (
    <Frame part={t('request.part')} title={`${request.subject} · ${requestNumber}`} aside={access.kind === 'account' && <a href={pageOf('/account')}>{t('request.others')}</a>} {...(access.kind === 'account' ? { here: 'account' as const } : {})} foot={<Foot guest={access.kind === 'guest'} onData={() => setData(true)} />}>
      <main class="wide request">
        <header class="about">
          <p class="meta number">{request.number}</p>
          <h1>{request.subject}</h1>
        </header>
        <div class="track">
          <Tracker request={request} timeline={timeline} now={now} answers={!merged && request.status !== 'closed'} />
        </div>
        {merged && <Merged line={line} />}
        <div class="columns">
          <div class="talk">
            <Talk line={line} request={request} store={store} now={now} before={ended && !merged && <Rate line={line} request={request} now={now} />} />
          </div>
          {/* After the thread, which would push it down on a phone. */}
          {store.phase.value !== 'loading' && (
            <aside>
              <About request={request} />
              <History timeline={timeline} requesterId={request.requester.id} now={now} />
            </aside>
          )}
        </div>
      </main>
      {data && <DataDialog api={access.api} onClose={() => setData(false)} onErased={onErased} />}
    </Frame>
  );
}

/** The conversation goes on as long as the page is there; what is unsent is on disk. */
function useStore({ access, realtime }: Line, request: OwnSupportRequest): ConversationStore {
  const id = request.conversation_id;
  const kept = useRef<ConversationStore | null>(null);
  const store = useMemo(() => {
    kept.current?.dispose();
    // The same name as the widget's, so that what was written there and not sent is sent from here.
    const scope = access.user?.id ?? `guest-${id}`;
    const me = access.user === null ? { id: request.requester.id, name: request.requester.name } : { id: access.user.id, name: request.requester.name };
    kept.current = new ConversationStore({ id, side: 'customer', scope, me, api: new ConversationApi(access.api), realtime, storage: browserStore(), clock: systemClock, random: Math.random, tab: pageTab() });
    return kept.current;
  }, [access, realtime, id]);
  useEffect(() => () => kept.current?.dispose(), []);
  return store;
}

/** It is followed elsewhere: the way there. */
function Merged({ line }: { readonly line: Line }) {
  const { t } = useText();
  const other = line.followed.timeline.value.findLast(({ kind }) => (kind as string) === 'merged')?.metadata['other_number'];
  return (
    <p class="notice">
      <Icon path={icons.right} />
      <span>
        {t('request.merged')}{' '}
        {typeof other === 'string' && (
          <a href={pageOf(`/r/${encodeURIComponent(other)}`)} onClick={() => line.access.reach(other)}>
            {t('request.merged_open', { number: other })}
          </a>
        )}
      </span>
    </p>
  );
}
