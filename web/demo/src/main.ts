import { chooseLocale, type Locale } from '@guichet/ui/i18n.ts';
import en from './en.json';

/** The page is written in French; English takes the place of each text that has a name. */
type Key = keyof typeof en;

const french = new Map<Element, string>();
const frenchTitle = document.title;

function speak(locale: Locale): void {
  document.documentElement.lang = locale;
  document.title = locale === 'en' ? en.title : frenchTitle;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    if (!french.has(element)) french.set(element, element.textContent ?? '');
    element.textContent = locale === 'en' ? en[element.dataset.text as Key] : french.get(element)!;
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    if (!french.has(element)) french.set(element, element.ariaLabel ?? '');
    element.ariaLabel = locale === 'en' ? en[element.dataset.label as Key] : french.get(element)!;
  }
  const other = document.querySelector<HTMLButtonElement>('#language')!;
  other.lang = locale === 'fr' ? 'en' : 'fr';
  other.textContent = locale === 'fr' ? 'English' : 'Français';
}

type Call = readonly [name: string, ...args: unknown[]];
/** The widget takes this queue over when it has loaded. */
const scope = window as unknown as { guichet?: { push(...calls: readonly Call[]): unknown } };
const guichet = (...call: Call) => void (scope.guichet ??= [] as unknown as { push(...calls: readonly Call[]): unknown }).push(call);

// The shop makes room for the panel, so that it covers nothing.
guichet('on', 'open', () => document.body.classList.add('with-widget'));
guichet('on', 'close', () => document.body.classList.remove('with-widget'));
// What a shop knows of its visitor travels with the question.
guichet('identify', { metadata: { vehicle: { brand: 'Peugeot', model: '308 SW', year: 2019, license_plate: 'GA-418-KT' } } });

for (const button of document.querySelectorAll('[data-asks]')) button.addEventListener('click', () => guichet('open'));
document.querySelector('#language')!.addEventListener('click', () => speak(document.documentElement.lang === 'fr' ? 'en' : 'fr'));
speak(chooseLocale(navigator.languages));
