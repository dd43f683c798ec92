// The list that the address names: a view, perhaps narrowed, perhaps sorted otherwise.
import { useMemo } from 'preact/hooks';
import type { SavedView } from '@guichet/sdk';
import { useDesk } from '../desk.ts';
import { route, type Route } from '../route.ts';
import { useText } from '../texts.ts';
import { readQuery, type Query } from './filter.ts';
import { isViewId, views } from './views.ts';

export interface Listing {
  /** What the inbox knows it by; null while it is not known what a saved view holds. */
  readonly key: string | null;
  readonly name: string;
  readonly query: Query;
  /** What the view holds by itself. */
  readonly base: Query;
  readonly saved: SavedView | undefined;
  /** Whether it is narrowed or sorted otherwise than its view. */
  readonly refined: boolean;
  /** The address names a view that does not exist any more. */
  readonly gone: boolean;
}

export function useListing(): Listing {
  const { inbox, savedViews } = useDesk();
  const { t } = useText();
  const saved = savedViews.value.value;
  const unread = savedViews.problem.value === null;
  const at = route.value;
  return useMemo(() => {
    const listing = listingOf(at, saved, (view) => t(`views.${view}`));
    const named = listing.key === null && !unread ? { ...listing, gone: true } : listing;
    if (named.key !== null && named.refined) inbox.define(named.key, named.query);
    return named;
  }, [at.view, at.refine, saved, unread, t]);
}

export function listingOf({ view, refine }: Route, saved: readonly SavedView[] | null, nameOf: (view: keyof typeof views) => string): Listing {
  const narrowed = refine === undefined ? {} : readQuery(Object.fromEntries(new URLSearchParams(refine)));
  const refined = refine !== undefined;
  const key = refined ? `${view}?${refine}` : view;
  if (isViewId(view)) return { key, name: nameOf(view), query: { ...views[view].query, ...narrowed }, base: views[view].query, saved: undefined, refined, gone: false };
  const own = saved?.find(({ id }) => id === view);
  if (own === undefined) return { key: null, name: '', query: {}, base: {}, saved: undefined, refined, gone: saved !== null };
  const base = readQuery({ ...own.filter, sort: own.sort, order: own.order });
  return { key, name: own.name, query: { ...base, ...narrowed }, base, saved: own, refined, gone: false };
}
