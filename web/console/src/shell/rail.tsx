// The narrow bar at the edge: what parts the console has, and who is signed in.
import { Avatar, Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route, type Route } from '../route.ts';
import { useText } from '../texts.ts';
import { AccountMenu } from './account-menu.tsx';

export function Rail({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const { t } = useText();
  const { me, presence } = useDesk();
  const inSettings = route.value.settings !== undefined;
  const inbox = { view: route.value.view, number: null, details: false } as const;
  return (
    <nav class="rail" aria-label="Guichet">
      <span class="mark">
        <Logo />
      </span>
      <Part to={inbox} icon={icons.inbox} name={t('rail.inbox')} current={!inSettings} />
      <Part to={{ ...inbox, settings: 'index' }} icon={icons.settings} name={t('rail.settings')} current={inSettings} />
      <span class="bottom">
        <AccountMenu onShortcuts={onShortcuts} buttonClass="me">
          <Avatar id={me.id} name={me.name} size="medium" presence={presence.value} />
        </AccountMenu>
      </span>
    </nav>
  );
}

function Part({ to, icon, name, current }: { readonly to: Route; readonly icon: string; readonly name: string; readonly current: boolean }) {
  return (
    <a
      class="icon-button"
      href={hrefOf(to)}
      aria-current={current ? 'page' : undefined}
      aria-label={name}
      title={name}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      <Icon path={icon} />
    </a>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 28 28" aria-hidden="true">
      <rect width="28" height="28" rx="7" fill="currentColor" />
      <path d="M8 20v-6a6 6 0 0 1 12 0v6M5.5 20.5h17M12 17h4" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}
