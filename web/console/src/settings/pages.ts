// Which settings there are, and for whom.
import type { Desk } from '../desk.ts';
import type { SettingsPage } from '../route.ts';

/** Everybody keeps answers and views of their own; the rest is the admins'. */
export function settingsFor(page: SettingsPage, desk: Pick<Desk, 'isAdmin'>): boolean {
  return page === 'replies' || page === 'views' || desk.isAdmin;
}
