// Which of the account's pages the address names.
import { computed, signal } from '@preact/signals';
import { takeFragment } from '../address.ts';
import { pageOf } from '../organization.ts';

export type Route = 'requests' | 'profile' | 'data' | 'sign-up' | 'forgotten' | 'reset' | 'verify' | 'invitation' | 'unknown';

const names: Readonly<Record<string, Route>> = { '': 'requests', profile: 'profile', data: 'data', 'sign-up': 'sign-up', forgotten: 'forgotten', reset: 'reset', verify: 'verify', invitation: 'invitation' };

const path = signal(location.pathname);

export const route = computed<Route>(() => names[path.value.replace(/^\/account\/?/, '').replace(/\/$/, '')] ?? 'unknown');

addEventListener('popstate', () => (path.value = location.pathname));

export function addressOf(to: Exclude<Route, 'unknown'>): string {
  return pageOf(to === 'requests' ? '/account' : `/account/${to}`);
}

/** Another of these pages, without loading the document anew. */
export function go(to: Exclude<Route, 'unknown'>): void {
  history.pushState(null, '', addressOf(to));
  path.value = location.pathname;
  scrollTo(0, 0);
}

/** The token of a letter's link. */
export const letterToken: string = takeFragment();
