// What the palette offers: actions on the open request, views, settings. Pure but for what each does.
import type { ActionName, SupportRequest } from '@guichet/sdk';
import { icons } from '@guichet/ui';
import { allows, canTake, isUnresolved, type Commands } from '../conversation/actions.ts';
import type { Desk } from '../desk.ts';
import { isArchived, isDeleted } from '../inbox/filter.ts';
import { viewIds } from '../inbox/views.ts';
import { go, settingsPages } from '../route.ts';
import { settingsFor } from '../settings/pages.ts';
import { ask } from '../shell/asked.ts';
import { viewIcons } from '../shell/views-nav.tsx';
import type { ConsoleSpeech } from '../texts.ts';

export interface Entry {
  readonly id: string;
  readonly group: 'request' | 'views' | 'settings' | 'requests' | 'general';
  readonly icon: string;
  readonly name: string;
  /** Beside the name: a number, who asks. */
  readonly detail?: string;
  readonly shortcut?: string;
  readonly run: () => void;
}

const withDialog: readonly { readonly name: ActionName; readonly icon: string; readonly shortcut?: string }[] = [
  { name: 'assign', icon: icons.user, shortcut: 'a' },
  { name: 'wait', icon: icons.pause },
  { name: 'escalate', icon: icons.escalate, shortcut: 'u' },
  { name: 'close', icon: icons.lock },
];

export function requestEntries(request: SupportRequest, desk: Desk, commands: Commands, { t }: ConsoleSpeech): Entry[] {
  const entries: Entry[] = [];
  const put = (allowed: boolean, id: string, icon: string, name: string, run: () => void, shortcut?: string) => {
    if (allowed) entries.push({ id, group: 'request', icon, name, run, ...(shortcut === undefined ? {} : { shortcut }) });
  };
  put(canTake(request, desk.me.id), 'take', icons.hand, t('action.take'), () => void commands.act(request, 'take'), 't');
  put(allows(request, 'resolve'), 'resolve', icons.check, t('action.resolve'), () => void commands.act(request, 'resolve'), 'e');
  put(allows(request, 'resolve'), 'resolve_with', icons.check, t('action.resolve_with'), () => ask({ what: 'action', name: 'resolve', request }), '⇧ e');
  put(allows(request, 'start'), 'start', icons.play, t('action.start'), () => void commands.act(request, 'start'));
  put(allows(request, 'reopen'), 'reopen', icons.reopen, t('action.reopen'), () => void commands.act(request, 'reopen'));
  for (const { name, icon, shortcut } of withDialog) {
    const allowed = name === 'assign' ? isUnresolved(request) || request.status === 'resolved' : allows(request, name);
    put(allowed, name, icon, t(`action.${name}`), () => ask({ what: 'action', name, request }), shortcut);
  }
  put(isUnresolved(request), 'snooze', icons.moon, t('action.snooze'), () => ask({ what: 'snooze', request }), 'z');
  put(Boolean(request.snoozed_until), 'wake', icons.sun, t('snooze.wake'), () => void commands.snooze(request, null));
  put(request.status !== 'closed', 'merge', icons.merge, t('action.merge'), () => ask({ what: 'merge', request }));
  put(request.status !== 'closed', 'rename', icons.pen, t('action.rename'), () => ask({ what: 'rename', request }));
  put(request.status === 'closed', 'follow_up', icons.plus, t('action.follow_up'), () => ask({ what: 'follow_up', request }));
  put(request.status === 'closed', 'archive', icons.archive, t(isArchived(request) ? 'action.unarchive' : 'action.archive'), () => void commands.archive(request));
  put(desk.isAdmin && !isDeleted(request), 'delete', icons.trash, t('action.delete'), () => ask({ what: 'delete', request }));
  put(desk.isAdmin && isDeleted(request), 'restore', icons.reopen, t('action.restore'), () => void commands.restore(request));
  return entries;
}

export function placeEntries(desk: Desk, { t }: ConsoleSpeech): Entry[] {
  const toView = (view: string, name: string, icon: string): Entry => ({ id: `view-${view}`, group: 'views', icon, name, run: () => go({ view, number: null, details: false }) });
  const views = viewIds.filter((view) => view !== 'deleted' || desk.isAdmin).map((view) => toView(view, t(`views.${view}`), viewIcons[view]));
  const saved = (desk.savedViews.value.value ?? []).map(({ id, name }) => toView(id, name, icons.filter));
  const settings = settingsPages
    .filter((page) => settingsFor(page, desk))
    .map((page): Entry => ({ id: `settings-${page}`, group: 'settings', icon: icons.settings, name: t(`settings.${page}`), run: () => go({ view: 'mine', number: null, details: false, settings: page }) }));
  const open: Entry = { id: 'open', group: 'general', icon: icons.plus, name: t('open.title'), shortcut: 'c', run: () => ask({ what: 'open_for_somebody' }) };
  const filter: Entry = { id: 'filter', group: 'general', icon: icons.filter, name: t('filter.title'), shortcut: 'f', run: () => ask({ what: 'filter' }) };
  return [open, filter, ...views, ...saved, ...settings];
}

/** Whether every word that was typed begins a word of the text, accents and case aside. */
export function matches(typed: string, ...texts: readonly (string | null | undefined)[]): boolean {
  const words = folded(texts.filter(Boolean).join(' ')).split(/[^\p{L}\p{N}]+/u);
  return folded(typed)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .every((part) => words.some((word) => word.startsWith(part)));
}

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
