// The views of the inbox with their live counts: a column where there is room, else a menu.
import { Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { viewIds, type ViewId } from '../inbox/views.ts';
import { go, hrefOf, route } from '../route.ts';
import { useText } from '../texts.ts';
import { Menu, MenuItem } from './menu.tsx';

export const viewIcons: Readonly<Record<ViewId, string>> = {
  mine: icons.user,
  unassigned: icons.inbox,
  open: icons.list,
  resolved: icons.check,
};

export function ViewsColumn() {
  const { t } = useText();
  const { inbox } = useDesk();
  const current = route.value.view;
  return (
    <nav class="views" aria-label={t('views.title')}>
      <p class="views-title">{t('rail.inbox')}</p>
      <ul role="list">
        {viewIds.map((view) => (
          <li key={view}>
            <a
              href={hrefOf({ view })}
              aria-current={view === current ? 'page' : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                event.preventDefault();
                go({ view, number: null, details: false });
              }}
            >
              <Icon path={viewIcons[view]} /> <span>{t(`views.${view}`)}</span> <Count of={inbox.count(view)} />
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The name of the view, and behind it the others; for where the column has no room. */
export function ViewsMenu() {
  const { t } = useText();
  const { inbox } = useDesk();
  const current = route.value.view;
  return (
    <Menu
      label={t('views.title')}
      buttonClass="view-pick"
      button={
        <>
          <span class="truncate">{t(`views.${current}`)}</span> <Count of={inbox.count(current)} /> <Icon path={icons.down} size="small" />
        </>
      }
    >
      {viewIds.map((view) => (
        <MenuItem
          key={view}
          icon={<Icon path={viewIcons[view]} />}
          checked={view === current}
          onChoose={() => go({ view, number: null, details: false })}
        >
          <span class="menu-count">
            {t(`views.${view}`)} <Count of={inbox.count(view)} />
          </span>
        </MenuItem>
      ))}
    </Menu>
  );
}

function Count({ of }: { readonly of: number | null }) {
  const { locale } = useText();
  return <span class="number">{of === null ? '' : new Intl.NumberFormat(locale).format(of)}</span>;
}
