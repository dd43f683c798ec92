// The views of the inbox with their live counts: a column where there is room, else a menu.
import { Button, Icon, IconButton, icons, useNow } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { useDesk } from '../desk.ts';
import { useListing } from '../inbox/listing.ts';
import { countedViews, viewIds, type ViewId } from '../inbox/views.ts';
import { go, hrefOf, route, type ViewKey } from '../route.ts';
import { useText } from '../texts.ts';
import { ask } from './asked.ts';
import { Menu, MenuItem } from './menu.tsx';

export const viewIcons: Readonly<Record<ViewId, string>> = {
  mine: icons.user,
  unassigned: icons.inbox,
  open: icons.list,
  overdue: icons.clock,
  snoozed: icons.moon,
  resolved: icons.check,
  archived: icons.archive,
  deleted: icons.trash,
};

/** Those that the reader may look at. */
function useViews(): readonly ViewId[] {
  const { isAdmin } = useDesk();
  return viewIds.filter((view) => view !== 'deleted' || isAdmin);
}

export function ViewsColumn() {
  const { t } = useText();
  const { savedViews } = useDesk();
  const saved = savedViews.value.value ?? [];
  return (
    <nav class="views" aria-label={t('views.title')}>
      <p class="views-title">
        {t('rail.inbox')} <IconButton label={t('open.title')} path={icons.plus} onClick={() => ask({ what: 'open_for_somebody' })} />
      </p>
      <button type="button" class="jump" onClick={() => ask({ what: 'palette' })}>
        <Icon path={icons.search} size="small" /> {t('palette.search')} <kbd class="key">Ctrl K</kbd>
      </button>
      <ul role="list">
        {useViews().map((view) => (
          <li key={view}>
            <ViewLink view={view} icon={viewIcons[view]} name={t(`views.${view}`)} counted={countedViews.includes(view)} />
          </li>
        ))}
      </ul>
      <h2>
        {t('views.saved')}
        <IconButton class="tiny" label={t('saved.title')} path={icons.plus} onClick={() => ask({ what: 'save_view' })} />
      </h2>
      {saved.length === 0 && <p class="views-none meta">{t(savedViews.problem.value === null ? 'views.none_saved' : 'views.saved_failed')}</p>}
      <ul role="list">
        {saved.map(({ id, name }) => (
          <li key={id}>
            <ViewLink view={id} icon={icons.filter} name={name} counted />
          </li>
        ))}
      </ul>
      <Waiting />
    </nav>
  );
}

interface ViewLinkProps {
  readonly view: ViewKey;
  readonly icon: string;
  readonly name: string;
  readonly counted: boolean;
}

function ViewLink({ view, icon, name, counted }: ViewLinkProps) {
  const { inbox } = useDesk();
  const count = counted ? inbox.count(view) : null;
  return (
    <a
      href={hrefOf({ view })}
      aria-current={view === route.value.view ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go({ view, number: null, details: false });
      }}
    >
      <Icon path={icon} />{' '}
      <span class="truncate" title={name}>
        {name}
      </span>{' '}
      <Count of={count} late={view === 'overdue'} />
    </a>
  );
}

/** Live chats that nobody has taken yet: people who sit and wait. */
function Waiting() {
  const { t, time } = useText();
  const { inbox } = useDesk();
  const commands = useCommands();
  const now = useNow();
  const waiting = inbox.rows('unassigned').filter(({ kind, status }) => kind === 'chat' && status === 'open');
  const first = waiting.reduce<(typeof waiting)[number] | undefined>((oldest, one) => (oldest === undefined || one.created_at < oldest.created_at ? one : oldest), undefined);
  if (first === undefined) return null;
  return (
    <section class="waiting" aria-label={t('waiting.title')}>
      <p>
        <b>{t('waiting.count', { count: waiting.length })}</b>
      </p>
      <p class="meta">{t('waiting.since', { duration: time.duration(now - Date.parse(first.created_at)) })}</p>
      <Button
        onClick={() =>
          // As of the state seen here: what a colleague has just taken stays theirs.
          void commands.act(first, 'take', {}, first.version).then((taken) => taken && go({ view: 'mine', number: first.number, details: false }))
        }
      >
        {t('waiting.take')}
      </Button>
    </section>
  );
}

/** The name of the view, and behind it the others; for where the column has no room. */
export function ViewsMenu() {
  const { t } = useText();
  const { inbox, savedViews } = useDesk();
  const { key, name } = useListing();
  const current = route.value.view;
  const views = useViews().map((id) => ({ id: id as ViewKey, icon: viewIcons[id], called: t(`views.${id}`), counted: countedViews.includes(id) }));
  const saved = (savedViews.value.value ?? []).map(({ id, name: called }) => ({ id: id as ViewKey, icon: icons.filter, called, counted: true }));
  return (
    <Menu
      label={t('views.title')}
      buttonClass="view-pick"
      button={
        <>
          <span class="truncate">{name}</span> <Count of={key === null ? null : inbox.count(key)} /> <Icon path={icons.down} size="small" />
        </>
      }
    >
      {[...views, ...saved].map(({ id, icon, called, counted }) => (
        <MenuItem key={id} icon={<Icon path={icon} />} checked={id === current} onChoose={() => go({ view: id, number: null, details: false })}>
          <span class="menu-count">
            {called} <Count of={counted ? inbox.count(id) : null} />
          </span>
        </MenuItem>
      ))}
      <hr />
      <MenuItem icon={<Icon path={icons.plus} />} onChoose={() => ask({ what: 'open_for_somebody' })}>
        {t('open.title')}
      </MenuItem>
    </Menu>
  );
}

function Count({ of, late = false }: { readonly of: number | null; readonly late?: boolean }) {
  const { locale } = useText();
  return <span class={`number${late && of !== null && of > 0 ? ' late' : ''}`}>{of === null ? '' : new Intl.NumberFormat(locale).format(of)}</span>;
}
