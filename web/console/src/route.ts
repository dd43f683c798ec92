// Where the reader is: a view, perhaps a request in it, perhaps its details. It is the address of
// the page, so that back, reload and a copied link do what they should.
import { signal, type ReadonlySignal } from '@preact/signals';
import { isViewId, type ViewId } from './inbox/views.ts';

export interface Route {
  readonly view: ViewId;
  /** The number of the open request. */
  readonly number: string | null;
  /** Whether its details stand over the conversation; where both fit side by side this is not used. */
  readonly details: boolean;
}

const base = '/console/';

export function parseRoute(path: string): Route {
  const [view, number, part] = path.slice(base.length).split('/').map(decode);
  return {
    view: isViewId(view) ? view : 'mine',
    number: isViewId(view) && number ? number : null,
    details: part === 'details',
  };
}

export function hrefOf(route: Partial<Route> & Pick<Route, 'view'>): string {
  const parts = [route.view, route.number ?? undefined, route.number && route.details ? 'details' : undefined];
  return base + parts.filter((part) => part !== undefined && part !== null).map((part) => encodeURIComponent(part)).join('/');
}

const current = signal<Route>(parseRoute(location.pathname));

/** The route of the page. */
export const route: ReadonlySignal<Route> = current;

addEventListener('popstate', () => {
  current.value = parseRoute(location.pathname);
});

/** Goes elsewhere: a step that "back" undoes, or with `replace` the same step corrected. */
export function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  const href = hrefOf(to) + location.search;
  if (href === location.pathname + location.search) return;
  history[how === 'push' ? 'pushState' : 'replaceState']({ inside: how === 'push' || history.state?.inside === true }, '', href);
  current.value = to;
}

/** One step back when it was made in the console, else to the list. */
export function back(): void {
  const { view, number, details } = current.value;
  if (history.state?.inside === true) history.back();
  else go({ view, number: details ? number : null, details: false }, 'replace');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
