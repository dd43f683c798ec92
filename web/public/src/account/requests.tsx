// One's own requests, the latest first.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ApiError, RealtimeClient, realtimeUrl, SupportRequestsApi, type OwnSupportRequest } from '@guichet/sdk';
import { Badge, Button, Empty, icons, Skeleton, useLate, useNow, type Tone } from '@guichet/ui';
import { wordsOf } from '../form.tsx';
import { pageOf } from '../organization.ts';
import { useText } from '../texts.ts';
import { session } from '../session.ts';

const PAGE = 20;

interface Listed {
  readonly items: readonly OwnSupportRequest[];
  readonly total: number;
}

export function Requests() {
  const speech = useText();
  const { t } = speech;
  const api = useMemo(() => new SupportRequestsApi(session.api), []);
  const [listed, setListed] = useState<Listed | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [pages, setPages] = useState(1);
  const [attempt, setAttempt] = useState(0);
  const late = useLate(listed === null && problem === null);

  useEffect(() => {
    let current = true;
    const load = async () => {
      try {
        const answers = await Promise.all(Array.from({ length: pages }, (_, index) => api.list({ page: index + 1, limit: PAGE })));
        if (!current) return;
        setListed({ items: answers.flatMap(({ items }) => items), total: answers[0]?.total ?? 0 });
        setProblem(null);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (current) setProblem(error);
      }
    };
    void load();
    return () => {
      current = false;
    };
  }, [api, pages, attempt]);

  // What changes while the list is looked at.
  useEffect(() => {
    const realtime = new RealtimeClient({ url: realtimeUrl(session.api.origin), tokens: session });
    const again = () => setAttempt((before) => before + 1);
    const stops = [realtime.on('support_request', again), realtime.on('resync', again)];
    realtime.start();
    return () => {
      for (const stop of stops) stop();
      realtime.stop();
    };
  }, []);

  if (listed === null && problem !== null) {
    return (
      <Empty icon={icons.offline} title={t('requests.failed')} action={<Button icon={icons.retry} onClick={() => setAttempt(attempt + 1)}>{t('action.try_again')}</Button>}>
        {wordsOf(problem, speech)}
      </Empty>
    );
  }
  return (
    <section aria-labelledby="requests" aria-busy={listed === null}>
      <header class="list-head">
        <h1 id="requests">{t('account.requests')}</h1>
        <a class="button" href={pageOf('/help/contact')}>
          {t('requests.new')}
        </a>
      </header>
      {listed === null && (
        <ul class="requests">
          {[60, 45, 70].map((width) => (
            <li key={width}>
              <span class="request-row">{late && <Skeleton width={`${width}%`} />}</span>
            </li>
          ))}
        </ul>
      )}
      {listed !== null && listed.items.length === 0 && (
        <Empty
          icon={icons.inbox}
          title={t('requests.none')}
          action={
            <a class="button primary" href={pageOf('/help/contact')}>
              {t('requests.new')}
            </a>
          }
        >
          {t('requests.none_why')}
        </Empty>
      )}
      {listed !== null && listed.items.length > 0 && (
        <ul class="requests">
          {listed.items.map((request) => (
            <Row key={request.id} request={request} />
          ))}
        </ul>
      )}
      {listed !== null && listed.items.length < listed.total && <Button onClick={() => setPages(pages + 1)}>{t('requests.older')}</Button>}
    </section>
  );
}

const tones: Readonly<Record<OwnSupportRequest['status'], Tone | undefined>> = {
  open: 'accent',
  assigned: 'accent',
  in_progress: 'accent',
  waiting_customer: 'warning',
  resolved: 'success',
  closed: undefined,
};

function Row({ request }: { readonly request: OwnSupportRequest }) {
  const { t, time } = useText();
  const now = useNow();
  const { last_message: last, unread_count: unread = 0 } = request;
  const at = last?.created_at ?? request.updated_at;
  return (
    <li>
      <a class="request-row" href={pageOf(`/r/${encodeURIComponent(request.number)}`)}>
        <b class="truncate">{request.subject}</b>
        <Badge tone={tones[request.status]}>{t(`status.${request.status}`)}</Badge>
        <span class="meta truncate">
          <span class="number">{request.number}</span>
          {last?.excerpt ? ` · ${last.sender_type === 'customer' ? t('requests.you') : last.sender_name} : ${last.excerpt}` : ''}
        </span>
        <span class="meta">
          {unread > 0 && (
            <span class="unread">
              {unread}
              <span class="visually-hidden"> {t('requests.unread', { count: unread })}</span>
            </span>
          )}{' '}
          <time dateTime={at} title={time.full(at)}>
            {time.ago(at, now)}
          </time>
        </span>
      </a>
    </li>
  );
}
