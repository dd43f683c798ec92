// The console of a signed-in person: regions side by side, or one at a time on a phone.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Empty, icons } from '@guichet/ui';
import { allows, canTake, isUnresolved, useCommands } from './conversation/actions.ts';
import { OpenRequest } from './conversation/open-request.tsx';
import { useDesk } from './desk.ts';
import { Dialogs } from './dialogs/dialogs.tsx';
import { focusRow } from './inbox/list.tsx';
import { InboxList } from './inbox/inbox-list.tsx';
import { useListing } from './inbox/listing.ts';
import { useMedia } from './media.ts';
import { detailsBeside } from './preferences.ts';
import { back, go, route } from './route.ts';
import { Settings } from './settings/settings.tsx';
import { ask } from './shell/asked.ts';
import { Rail } from './shell/rail.tsx';
import { ShortcutSheet, useKeys } from './shell/shortcuts.tsx';
import { ViewsColumn } from './shell/views-nav.tsx';
import { useText } from './texts.ts';

export function Workplace() {
  const [help, setHelp] = useState(false);
  const showHelp = () => setHelp(true);
  return (
    <>
      {route.value.settings === undefined ? <InboxPlace onHelp={showHelp} /> : <SettingsPlace onHelp={showHelp} />}
      <Dialogs />
      {help && <ShortcutSheet onClose={() => setHelp(false)} />}
    </>
  );
}

function SettingsPlace({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useText();
  usePageTitle(t('rail.settings'));
  useKeys({
    onOpenForSomebody: () => ask({ what: 'open_for_somebody' }),
    onPalette: () => ask({ what: 'palette' }),
    onHelp,
  });
  return (
    <div class="console settings-place">
      <Rail onShortcuts={onHelp} />
      <Settings page={route.value.settings ?? 'index'} />
    </div>
  );
}

function InboxPlace({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useText();
  const { inbox, me, selection } = useDesk();
  const commands = useCommands();
  const listing = useListing();
  const wide = useMedia('(min-width: 1400px)');
  const viewsShown = useMedia('(min-width: 1180px)');
  const { number, details } = route.value;
  const request = number === null ? undefined : inbox.byNumber(number);
  const rows = listing.key === null ? [] : inbox.rows(listing.key);
  const opened = useRef(false);
  const page = useRef<HTMLDivElement>(null);
  usePageTitle(request?.subject ?? listing.name);

  const open = (one: SupportRequest) => {
    opened.current = true;
    go({ ...route.value, number: one.number, details: false });
  };
  const leave = () => {
    // Out of the field first, then out of what is marked, then out of the conversation.
    const field = document.activeElement;
    if (field instanceof HTMLTextAreaElement) return page.current?.querySelector<HTMLElement>('.conversation h1')?.focus();
    if (selection.clear() || number === null) return;
    if (details && !wide) return back();
    go({ ...route.value, number: null, details: false });
  };
  useWayBack(number);

  /** The row that has the focus, or the request that is open. */
  const meant = () => focusedRow(rows) ?? request;
  const write = (mode: 'reply' | 'note') => {
    if (request === undefined) return;
    const tab = page.current?.querySelector<HTMLElement>(`.composer [data-mode="${mode}"]`);
    tab?.click();
    requestAnimationFrame(() => page.current?.querySelector<HTMLElement>('.composer textarea')?.focus());
  };
  useKeys({
    onStep: (step) => page.current !== null && focusRow(page.current, rows, request?.id, step),
    onReply: () => write('reply'),
    onNote: () => write('note'),
    onResolve: () => request !== undefined && allows(request, 'resolve') && void commands.act(request, 'resolve'),
    onResolveWith: () => request !== undefined && allows(request, 'resolve') && ask({ what: 'action', name: 'resolve', request }),
    onTake: () => request !== undefined && canTake(request, me.id) && void commands.act(request, 'take'),
    onAssign: () => request !== undefined && request.status !== 'closed' && ask({ what: 'action', name: 'assign', request }),
    onEscalate: () => request !== undefined && allows(request, 'escalate') && ask({ what: 'action', name: 'escalate', request }),
    onSnooze: () => request !== undefined && isUnresolved(request) && ask({ what: 'snooze', request }),
    onMark: () => {
      const one = meant();
      if (one !== undefined) selection.toggle(one.id);
    },
    onMarkTo: () => {
      const one = meant();
      if (one !== undefined) selection.extendTo(one.id, rows.map(({ id }) => id));
    },
    onFilter: () => ask({ what: 'filter' }),
    onOpenForSomebody: () => ask({ what: 'open_for_somebody' }),
    onPalette: () => ask({ what: 'palette' }),
    onBack: leave,
    onHelp,
  });

  const region = number === null ? 'list' : details && !wide ? 'details' : 'conversation';
  const beside = wide && number !== null && detailsBeside.value === 'shown';
  return (
    <div class="console" ref={page} data-region={region} data-details={beside ? 'beside' : undefined}>
      <Rail onShortcuts={onHelp} />
      {viewsShown && <ViewsColumn />}
      <main class="work">
        <InboxList viewsShown={viewsShown} openId={request?.id} onOpen={open} onShortcuts={onHelp} />
        {number === null ? (
          <section class="conversation" aria-label={t('conversation.title')}>
            <Empty icon={icons.chat} title={t('conversation.choose')}>
              {t('conversation.choose_how')}
            </Empty>
          </section>
        ) : (
          <OpenRequest number={number} wide={wide} takeFocus={opened.current} />
        )}
      </main>
    </div>
  );
}

function focusedRow(rows: readonly SupportRequest[]): SupportRequest | undefined {
  const item = document.activeElement?.closest('.rows li');
  const id = item?.querySelector<HTMLElement>('[data-request]')?.dataset['request'];
  return rows.find((row) => row.id === id);
}

/** Whoever comes back to the list, by whatever way, is on the row they left from. */
function useWayBack(number: string | null): void {
  const { inbox } = useDesk();
  const before = useRef(number);
  useEffect(() => {
    const left = before.current === null ? undefined : inbox.byNumber(before.current);
    before.current = number;
    // What had the focus has gone with the conversation; a focus elsewhere is left where it is.
    if (number !== null || left === undefined || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(`[data-request="${CSS.escape(left.id)}"]`)?.focus({ preventScroll: true });
  }, [number]);
}

/** What is open, and before it how many requests wait to be read. */
function usePageTitle(name: string): void {
  const { inbox } = useDesk();
  const unread = inbox.unread.value;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name} · Guichet`;
  }, [unread, name]);
}
