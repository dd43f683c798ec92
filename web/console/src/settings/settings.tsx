// The settings: what there is at the left, one of it at the right; on a phone one after the other.
import { Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { useMedia } from '../media.ts';
import { go, hrefOf, settingsPages, type Route, type SettingsPage } from '../route.ts';
import { useText } from '../texts.ts';
import { AuditPage } from './audit.tsx';
import { CategoriesPage } from './categories.tsx';
import { DeadlinesPage } from './deadlines.tsx';
import { HoursPage } from './hours.tsx';
import { OrganizationPage } from './organization.tsx';
import { settingsFor } from './pages.ts';
import { RepliesPage } from './replies.tsx';
import { RoutingPage } from './routing.tsx';
import { TeamPage } from './team.tsx';
import { ViewsPage } from './views.tsx';

const parts: Readonly<Record<SettingsPage, () => preact.JSX.Element>> = {
  organization: OrganizationPage,
  team: TeamPage,
  categories: CategoriesPage,
  deadlines: DeadlinesPage,
  hours: HoursPage,
  routing: RoutingPage,
  replies: RepliesPage,
  views: ViewsPage,
  audit: AuditPage,
};

export function Settings({ page }: { readonly page: SettingsPage | 'index' }) {
  const { t } = useText();
  const desk = useDesk();
  const phone = useMedia('(max-width: 640px)');
  const offered = settingsPages.filter((one) => settingsFor(one, desk));
  const asked = page === 'index' ? (phone ? undefined : offered[0]) : page;
  const shown = asked !== undefined && settingsFor(asked, desk) ? asked : undefined;
  const Part = shown === undefined ? undefined : parts[shown];
  // Alone on a phone's screen, it is the page's first heading.
  const Title = page === 'index' && phone ? 'h1' : 'p';
  return (
    <main class="settings" data-region={page === 'index' ? 'index' : 'page'}>
      <nav class="settings-nav" aria-label={t('rail.settings')}>
        <Title class="views-title">
          <SettingsLink to={{ view: 'mine', number: null, details: false }} class="icon-button phone-back" name={t('rail.inbox')}>
            <Icon path={icons.back} />
          </SettingsLink>
          {t('rail.settings')}
        </Title>
        <ul role="list">
          {offered.map((one) => (
            <li key={one}>
              <SettingsLink to={{ view: 'mine', number: null, details: false, settings: one }} current={one === shown}>
                {t(`settings.${one}`)}
              </SettingsLink>
            </li>
          ))}
        </ul>
      </nav>
      {shown !== undefined && Part !== undefined && (
        <section class="settings-page" aria-labelledby="settings-title">
          <header class="settings-head">
            <SettingsLink to={{ view: 'mine', number: null, details: false, settings: 'index' }} class="icon-button phone-back" name={t('rail.settings')}>
              <Icon path={icons.back} />
            </SettingsLink>
            <div>
              <h1 id="settings-title">{t(`settings.${shown}`)}</h1>
              <p class="meta">{t(`settings.${shown}_what`)}</p>
            </div>
          </header>
          <div>
            <Part key={shown} />
          </div>
        </section>
      )}
      {shown === undefined && page !== 'index' && (
        <section class="settings-page">
          <h1>{t(`settings.${page}`)}</h1>
          <p>{t('settings.admins_only')}</p>
        </section>
      )}
    </main>
  );
}

interface SettingsLinkProps {
  readonly to: Route;
  readonly current?: boolean;
  readonly class?: string;
  /** In words, where what is shown is an icon. */
  readonly name?: string;
  readonly children: preact.ComponentChildren;
}

function SettingsLink({ to, current = false, class: own, name, children }: SettingsLinkProps) {
  return (
    <a
      class={own}
      href={hrefOf(to)}
      aria-label={name}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
