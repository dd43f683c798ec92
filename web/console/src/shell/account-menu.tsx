// Who is signed in, and what that person sets for this device.
import type { ComponentChildren } from 'preact';
import { ApiError, type BrowserSession } from '@guichet/sdk';
import { Icon, icons, locales } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { leftByChoice } from '../session-end.ts';
import { locale, theme, type Theme } from '../preferences.ts';
import { useText } from '../texts.ts';
import { Menu, MenuItem } from './menu.tsx';
import { toast } from './toasts.tsx';

const themes: readonly { readonly theme: Theme; readonly icon: string }[] = [
  { theme: 'system', icon: icons.screen },
  { theme: 'light', icon: icons.sun },
  { theme: 'dark', icon: icons.moon },
];

/** Languages are named in themselves, for who cannot read the other one. */
const languageNames = { fr: 'Français', en: 'English' } as const;

/** Ends the session here at once; when the server could not be told, the reader is. */
export function useSignOut(session: BrowserSession): () => void {
  const { t } = useText();
  return () => {
    leftByChoice.value = true;
    session.logout().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      toast({ text: t('account.signed_out_here_only'), tone: 'danger' });
    });
  };
}

export interface AccountMenuProps {
  readonly onShortcuts: () => void;
  readonly buttonClass: string;
  readonly children: ComponentChildren;
}

export function AccountMenu({ onShortcuts, buttonClass, children }: AccountMenuProps) {
  const { t } = useText();
  const { me, session } = useDesk();
  const signOut = useSignOut(session);
  return (
    <Menu
      label={t('account.menu')}
      buttonClass={buttonClass}
      button={
        <>
          {children}
          <span class="visually-hidden">{t('account.menu_of', { name: me.name })}</span>
        </>
      }
    >
      <div class="menu-person" role="presentation">
        <b class="truncate">{me.name}</b>
        <span class="meta truncate">{me.email}</span>
      </div>
      <hr />
      <div role="group" aria-label={t('account.theme')}>
        {themes.map(({ theme: choice, icon }) => (
          <MenuItem key={choice} icon={<Icon path={icon} />} checked={theme.value === choice} onChoose={() => (theme.value = choice)}>
            {t(`account.theme_${choice}`)}
          </MenuItem>
        ))}
      </div>
      <hr />
      <div role="group" aria-label={t('account.language')}>
        {locales.map((choice) => (
          <MenuItem key={choice} checked={locale.value === choice} onChoose={() => (locale.value = choice)}>
            <span lang={choice}>{languageNames[choice]}</span>
          </MenuItem>
        ))}
      </div>
      <hr />
      <MenuItem icon={<Icon path={icons.keyboard} />} shortcut="?" onChoose={onShortcuts}>
        {t('shortcuts.title')}
      </MenuItem>
      <MenuItem icon={<Icon path={icons.leave} />} onChoose={signOut}>
        {t('account.sign_out')}
      </MenuItem>
    </Menu>
  );
}
