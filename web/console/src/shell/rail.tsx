// The narrow bar at the edge: what parts the console has, and who is signed in.
import { Avatar, Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { go, hrefOf, route } from '../route.ts';
import { useText } from '../texts.ts';
import { AccountMenu } from './account-menu.tsx';

export function Rail({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const { t } = useText();
  const { me, presence } = useDesk();
  const inbox = { view: route.value.view, number: null, details: false } as const;
  const toInbox = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(inbox);
  };
  return (
    <nav class="rail" aria-label="Guichet">
      <span class="mark">
        <Logo />
      </span>
      <a class="icon-button" href={hrefOf(inbox)} aria-current="page" aria-label={t('rail.inbox')} title={t('rail.inbox')} onClick={toInbox}>
        <Icon path={icons.inbox} />
      </a>
      <span class="bottom">
        <AccountMenu onShortcuts={onShortcuts} buttonClass="me">
          <Avatar id={me.id} name={me.name} size="medium" presence={presence.value} />
        </AccountMenu>
      </span>
    </nav>
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
