// The middle column: the view's name, and its requests, or what stands in their place.
import { useEffect } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Avatar, Button, Empty, Icon, IconButton, icons, useLate } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route } from '../route.ts';
import { AccountMenu } from '../shell/account-menu.tsx';
import { ask } from '../shell/asked.ts';
import { ConnectionState } from '../shell/connection.tsx';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { ViewsMenu } from '../shell/views-nav.tsx';
import { useText } from '../texts.ts';
import { BulkBar } from './bulk-bar.tsx';
import { Chips, sortChoice, sortChoices, sorted, withRefinement } from './chips.tsx';
import { readQuery } from './filter.ts';
import { RequestList } from './list.tsx';
import { useListing, type Listing } from './listing.ts';
import { ListSkeleton } from './skeleton.tsx';
import { isViewId } from './views.ts';

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
  const { inbox, me, selection } = desk;
  const listing = useListing();
  const { key, name } = listing;
  const rows = key === null ? [] : inbox.rows(key);
  const count = key === null ? null : inbox.count(key);
  const selecting = selection.ids.value.size > 0 || selection.offered.value;

  useEffect(() => {
    if (key !== null) void inbox.open(key);
  }, [inbox, key, listing.query]);
  // What is marked belongs to the list in which it was marked.
  useEffect(() => () => void selection.clear(), [selection, key]);
  useEffect(() => {
    if (selection.ids.peek().size > 0) selection.keep(rows.map(({ id }) => id));
  }, [rows]);

  return (
    <section class="list" aria-label={name}>
      {selecting ? (
        <BulkBar name={name} rows={rows} />
      ) : (
        <header>
          {viewsShown ? (
            <h1>
              <span class="truncate">{name}</span> <span class="number">{count === null ? '' : new Intl.NumberFormat(locale).format(count)}</span>
            </h1>
          ) : (
            <h1>
              <ViewsMenu />
            </h1>
          )}
          <ListTools listing={listing} viewsShown={viewsShown} />
          <span class="phone-only">
            <AccountMenu onShortcuts={onShortcuts} buttonClass="me">
              <Avatar id={me.id} name={me.name} size="medium" />
            </AccountMenu>
          </span>
        </header>
      )}
      <Chips />
      <ConnectionState />
      {key !== null && (
        <ListBody
          listing={listing}
          view={key}
          rows={rows}
          phase={inbox.phase(key)}
          total={count ?? rows.length}
          name={name}
          openId={openId}
          writing={writingIn(desk, rows)}
          onOpen={onOpen}
        />
      )}
      {key === null && !listing.gone && <ListSkeleton shown={false} />}
      {key === null && listing.gone && (
        <Empty icon={icons.inbox} title={t('saved.gone')} action={<Button onClick={() => go({ view: 'mine', number: null, details: false })}>{t('views.mine')}</Button>}>
          {t('saved.gone_why')}
        </Empty>
      )}
    </section>
  );
}

/** Order, filter, and a request for somebody. */
function ListTools({ listing, viewsShown }: { readonly listing: Listing; readonly viewsShown: boolean }) {
  const { t } = useText();
  const { selection } = useDesk();
  const { refine = '' } = route.value;
  const narrowed = readQuery(Object.fromEntries(new URLSearchParams(refine)));
  const chosen = sortChoice(listing.query);
  return (
    <>
      {!viewsShown && <IconButton label={t('palette.title')} path={icons.search} onClick={() => ask({ what: 'palette' })} />}
      <Menu label={t('sort.title')} buttonClass="icon-button" buttonLabel={t('sort.by', { order: t(`sort.${chosen}`) })} button={<Icon path={icons.sort} />} edge="end">
        {sortChoices.map((choice) => (
          <MenuItem key={choice} checked={choice === chosen} onChoose={() => go(withRefinement(sorted(narrowed, choice, listing.base)))}>
            {t(`sort.${choice}`)}
          </MenuItem>
        ))}
        <hr />
        <MenuItem icon={<Icon path={icons.check} />} shortcut="x" onChoose={() => selection.offer()}>
          {t('bulk.offer')}
        </MenuItem>
      </Menu>
      <IconButton class={listing.refined ? 'filtered' : ''} label={t('filter.title')} path={icons.filter} onClick={() => ask({ what: 'filter' })} />
    </>
  );
}

interface ListBodyProps {
  readonly listing: Listing;
  readonly view: string;
  readonly rows: readonly SupportRequest[];
  readonly phase: ReturnType<ReturnType<typeof useDesk>['inbox']['phase']>;
  readonly total: number;
  readonly name: string;
  readonly openId: string | undefined;
  readonly writing: ReadonlySet<string>;
  readonly onOpen: (request: SupportRequest) => void;
}

function ListBody({ listing, view, rows, phase, total, name, openId, writing, onOpen }: ListBodyProps) {
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
        hrefOf={(request) => hrefOf({ ...route.value, number: request.number, details: false })}
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
  return <NothingHere listing={listing} />;
}

function NothingHere({ listing }: { readonly listing: Listing }) {
  const { t } = useText();
  const { inbox } = useDesk();
  const { view } = route.value;
  if (listing.refined || !isViewId(view)) {
    return (
      <Empty icon={icons.filter} title={t('empty.filtered')} action={listing.refined && <Button onClick={() => go(withRefinement(''))}>{t('filter.clear')}</Button>}>
        {t('empty.filtered_how')}
      </Empty>
    );
  }
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
