// Where the reader is: a list, perhaps a request in it, perhaps its details; or the settings. It is the
// address of the page, so that back, reload and a copied link do what they should.
import { signal, type ReadonlySignal } from '@preact/signals';
import { readQuery, writeQuery } from './inbox/filter.ts';
import { isViewId, type ViewId } from './inbox/views.ts';

/** One of the views that everybody has, or the id of a saved one. */
export type ViewKey = ViewId | (string & {});

export const settingsPages = ['organization', 'team', 'categories', 'deadlines', 'hours', 'routing', 'replies', 'views', 'audit'] as const;
export type SettingsPage = (typeof settingsPages)[number];

export interface Route {
  readonly view: ViewKey;
  /** The number of the open request. */
  readonly number: string | null;
  /** Whether its details stand over the conversation; where both fit side by side this is not used. */
  readonly details: boolean;
  /** What narrows the view or sorts it otherwise, as query parameters in their one order. */
  readonly refine?: string;
  /** Which settings are shown; then there is no list. */
  readonly settings?: SettingsPage | 'index';
}

const base = '/console/';
const savedView = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export function parseRoute(path: string, search = ''): Route {
  const [view, number, part] = path.slice(base.length).split('/').map(decode);
  if (view === 'settings') {
    return { view: 'mine', number: null, details: false, settings: settingsPages.find((page) => page === number) ?? 'index' };
  }
  const known = isViewId(view) || savedView.test(view ?? '');
  const refine = known ? refinement(Object.fromEntries(new URLSearchParams(search))) : '';
  return {
    view: known && view !== undefined ? view : 'mine',
    number: known && number ? number : null,
    details: part === 'details',
    ...(refine === '' ? {} : { refine }),
  };
}

export function hrefOf(route: Partial<Route> & Pick<Route, 'view'>): string {
  if (route.settings !== undefined) return `${base}settings${route.settings === 'index' ? '' : `/${route.settings}`}`;
  const parts = [route.view, route.number ?? undefined, route.number && route.details ? 'details' : undefined];
  const path = base + parts.filter((part) => part !== undefined && part !== null).map((part) => encodeURIComponent(part)).join('/');
  return route.refine ? `${path}?${route.refine}` : path;
}

/** A query as it stands in an address: equal ones are written alike. */
export function refinement(said: Readonly<Record<string, unknown>>): string {
  return new URLSearchParams(writeQuery(readQuery(said))).toString();
}

const current = signal<Route>(parseRoute(location.pathname, location.search));

/** The route of the page. */
export const route: ReadonlySignal<Route> = current;

addEventListener('popstate', () => {
  current.value = parseRoute(location.pathname, location.search);
});

/** Goes elsewhere: a step that "back" undoes, or with `replace` the same step corrected. */
export function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  const href = withOrganization(hrefOf(to));
  if (href === location.pathname + location.search) return;
  history[how === 'push' ? 'pushState' : 'replaceState']({ inside: how === 'push' || history.state?.inside === true }, '', href);
  current.value = to;
}

/** One step back when it was made in the console, else to the list. */
export function back(): void {
  const { number, details } = current.value;
  if (history.state?.inside === true) history.back();
  else go({ ...current.value, number: details ? number : null, details: false }, 'replace');
}

/** The organisation that the address names stays in it. */
function withOrganization(href: string): string {
  const named = new URLSearchParams(location.search).get('organization');
  if (named === null) return href;
  return `${href}${href.includes('?') ? '&' : '?'}organization=${encodeURIComponent(named)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
