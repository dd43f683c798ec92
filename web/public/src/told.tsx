// What happened, or what is missing, in the middle of an otherwise empty page.
import type { ComponentChildren } from 'preact';
import { Icon, icons } from '@guichet/ui';
import { useText } from './texts.ts';

export interface ToldProps {
  readonly icon: string;
  readonly title: string;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** As the shared empty state, but it is the page's heading. */
export function Told({ icon, title, action, children }: ToldProps) {
  return (
    <main class="wide alone">
      <div class="empty" role="status">
        <Icon path={icon} />
        <h1>{title}</h1>
        <p>{children}</p>
        {action}
      </div>
    </main>
  );
}

/** These pages are the customers': the team answers from the console. */
export function Staff({ email }: { readonly email: string }) {
  const { t } = useText();
  const toConsole = (
    <a class="button primary" href="/console/">
      {t('account.console')}
    </a>
  );
  return (
    <Told icon={icons.user} title={t('account.staff')} action={toConsole}>
      {t('account.staff_why', { email })}
    </Told>
  );
}
