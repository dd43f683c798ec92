// The middle column: the view's name, and its requests, or what stands in their place.
import { useEffect } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Avatar, Button, Empty, icons, useLate } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route } from '../route.ts';
import { AccountMenu } from '../shell/account-menu.tsx';
import { ConnectionState } from '../shell/connection.tsx';
import { ViewsMenu } from '../shell/views-nav.tsx';
import { useText } from '../texts.ts';
import { RequestList } from './list.tsx';
import { ListSkeleton } from './skeleton.tsx';
import type { ViewId } from './views.ts';

export interface InboxListProps {
  /** Whether the column of views is on the screen; else the name of the view opens them. */
  readonly viewsShown: boolean;
  readonly openId: string | undefined;
  readonly onOpen: (request: SupportRequest) => void;
  readonly onShortcuts: () => void;
}

export function InboxList({ viewsShown, openId, onOpen, onShortcuts }: InboxListProps) {
  const { t, locale } = useText();
  const desk = useDesk();
  const { inbox, me } = desk;
  const { view } = route.value;
  const rows = inbox.rows(view);
  const phase = inbox.phase(view);
  const count = inbox.count(view);
  const name = t(`views.${view}`);

  useEffect(() => void inbox.open(view), [inbox, view]);

  return (
    <section class="list" aria-label={name}>
      <header>
        {viewsShown ? (
          <h1>
            {name} <span class="number">{count === null ? '' : new Intl.NumberFormat(locale).format(count)}</span>
          </h1>
        ) : (
          <h1>
            <ViewsMenu />
          </h1>
        )}
        <span class="phone-only">
          <AccountMenu onShortcuts={onShortcuts} buttonClass="me">
            <Avatar id={me.id} name={me.name} size="medium" />
          </AccountMenu>
        </span>
      </header>
      <ConnectionState />
      <ListBody
        view={view}
        rows={rows}
        phase={phase}
        total={count ?? rows.length}
        name={name}
        openId={openId}
        writing={writingIn(desk, rows)}
        onOpen={onOpen}
      />
    </section>
  );
}

interface ListBodyProps {
  readonly view: ViewId;
  readonly rows: readonly SupportRequest[];
  readonly phase: ReturnType<ReturnType<typeof useDesk>['inbox']['phase']>;
  readonly total: number;
  readonly name: string;
  readonly openId: string | undefined;
  readonly writing: ReadonlySet<string>;
  readonly onOpen: (request: SupportRequest) => void;
}

function ListBody({ view, rows, phase, total, name, openId, writing, onOpen }: ListBodyProps) {
  const { t } = useText();
  const { inbox } = useDesk();
  const late = useLate(phase === 'loading' || phase === 'idle');
  if (rows.length > 0) {
    return (
      <RequestList
        key={view}
        label={name}
        rows={rows}
        total={total}
        openId={openId}
        writing={writing}
        hrefOf={(request) => hrefOf({ view, number: request.number })}
        onOpen={onOpen}
        onEnd={() => void inbox.loadMore(view)}
        after={
          phase === 'failed' && (
            <p class="inline-error more-failed" role="alert">
              {t('list.more_failed')}{' '}
              <button type="button" class="link" onClick={() => void inbox.again(view)}>
                {t('action.try_again')}
              </button>
            </p>
          )
        }
      />
    );
  }
  if (phase === 'loading' || phase === 'idle') return <ListSkeleton shown={late} />;
  if (phase === 'failed') {
    return (
      <Empty
        icon={icons.offline}
        title={t('list.failed')}
        action={
          <Button icon={icons.retry} onClick={() => void inbox.again(view)}>
            {t('action.try_again')}
          </Button>
        }
      >
        {t('list.failed_why')}
      </Empty>
    );
  }
  return <NothingHere view={view} />;
}

function NothingHere({ view }: { readonly view: ViewId }) {
  const { t } = useText();
  const { inbox } = useDesk();
  const waiting = inbox.count('unassigned') ?? 0;
  const action =
    view === 'mine' && waiting > 0 ? (
      <Button onClick={() => go({ view: 'unassigned', number: null, details: false })}>{t('empty.see_unassigned', { count: waiting })}</Button>
    ) : undefined;
  return (
    <Empty icon={icons.inbox} title={t(`empty.${view}`)} action={action}>
      {t(`empty.${view}_how`)}
    </Empty>
  );
}

/** Those of the conversations followed now in which the customer writes. */
function writingIn(desk: ReturnType<typeof useDesk>, rows: readonly SupportRequest[]): ReadonlySet<string> {
  const writing = desk.writing();
  return new Set(rows.filter(({ conversation_id }) => writing.has(conversation_id)).map(({ id }) => id));
}
