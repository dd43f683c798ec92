// What every customer's page has: its name, the way to the others, the language, the foot.
import { useComputed } from '@preact/signals';
import { render, type ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { createSpeech, Icon, SpeechContext, type Speech } from '@guichet/ui';
import { globe } from './icons.ts';
import { availability, pageOf } from './organization.ts';
import { chooseLanguage, locale } from './preferences.ts';
import { catalogues, useText } from './texts.ts';

export interface FrameProps {
  /** What this page is, beside the organisation's name. */
  readonly part: string;
  /** The document's title, before the organisation's name. */
  readonly title: string;
  readonly here?: 'account' | 'contact';
  /** Beside the links of every page. */
  readonly aside?: ComponentChildren;
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Frame({ part, title, here, aside, foot, children }: FrameProps) {
  const { t } = useText();
  const name = availability.value?.organization.name ?? '';
  useEffect(() => {
    document.title = [title, name].filter(Boolean).join(' · ');
  }, [title, name]);
  const other = locale.value === 'fr' ? 'en' : 'fr';
  const links = (
    <>
      {here !== 'contact' && <a href={pageOf('/help/contact')}>{t('frame.contact')}</a>}
      {here !== 'account' && <a href={pageOf('/account')}>{t('frame.account')}</a>}
      {aside}
    </>
  );
  return (
    <>
      <header class="site">
        <p class="name">
          <Logo /> {name !== '' && <b class="truncate">{name}</b>} <span data-alone={name === '' || undefined}>{part}</span>
        </p>
        <nav aria-label={t('frame.site')}>
          {links}
          <button type="button" class="button quiet" aria-label={t('frame.language')} onClick={() => chooseLanguage(other)}>
            <Icon path={globe} /> {locale.value.toUpperCase()}
          </button>
        </nav>
      </header>
      {children}
      <footer class="foot meta">
        {foot ?? <span>{name}</span>}
        {/* On a phone there is no room for them above. */}
        <nav class="also" aria-label={t('frame.also')}>
          {links}
        </nav>
      </footer>
    </>
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

function Speaking({ children }: { readonly children: ComponentChildren }) {
  const speech = useComputed(() => createSpeech(locale.value, catalogues, navigator.languages));
  return <SpeechContext.Provider value={speech.value as Speech<string>}>{children}</SpeechContext.Provider>;
}

/** Draws a page into its document. */
export function show(page: ComponentChildren): void {
  const root = document.getElementById('page');
  if (root !== null) render(<Speaking>{page}</Speaking>, root);
}
