// Who is signed in, and what that person sets for this device.
import type { ComponentChildren } from 'preact';
import { ApiError, type BrowserSession, type StaffAvailability } from '@guichet/sdk';
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

const availabilities: readonly StaffAvailability[] = ['online', 'away', 'offline'];

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

/** Says whether the reader wants to be asked; when the server could not be told, the reader is. */
function useBeAvailable(): (value: StaffAvailability) => void {
  const desk = useDesk();
  const { t } = useText();
  return (value) => {
    desk.beAvailable(value).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      toast({ text: error.isNetwork ? t('action.no_answer') : t('action.refused', { reason: error.message }), tone: 'danger' });
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
  const { me, session, availability } = useDesk();
  const beAvailable = useBeAvailable();
  const signOut = useSignOut(session);
  return (
    <Menu
      label={t('account.menu')}
      buttonClass={buttonClass}
      button={
        <>
          {children}
          <span class="visually-hidden">{t('account.menu_of', { name: me.name, availability: t(`availability.${availability.value}`) })}</span>
        </>
      }
    >
      <div class="menu-person" role="presentation">
        <b class="truncate">{me.name}</b>
        <span class="meta truncate">{me.email}</span>
      </div>
      <hr />
      <div role="group" aria-label={t('account.availability')}>
        {availabilities.map((choice) => (
          <MenuItem
            key={choice}
            icon={<span class="presence-mark" data-presence={choice} aria-hidden="true" />}
            checked={availability.value === choice}
            onChoose={() => beAvailable(choice)}
          >
            {t(`availability.${choice}`)}
          </MenuItem>
        ))}
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
