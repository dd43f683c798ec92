// The console of a signed-in person: regions side by side, or one at a time on a phone.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { Empty, icons } from '@guichet/ui';
import { allows, canTake, useAct } from './conversation/actions.ts';
import { OpenRequest } from './conversation/open-request.tsx';
import { useDesk } from './desk.ts';
import { focusRow } from './inbox/list.tsx';
import { InboxList } from './inbox/inbox-list.tsx';
import { useMedia } from './media.ts';
import { detailsBeside } from './preferences.ts';
import { back, go, route } from './route.ts';
import { Rail } from './shell/rail.tsx';
import { ShortcutSheet, useKeys } from './shell/shortcuts.tsx';
import { ViewsColumn } from './shell/views-nav.tsx';
import { useText } from './texts.ts';

export function Workplace() {
  const { t } = useText();
  const { inbox, me } = useDesk();
  const act = useAct();
  const wide = useMedia('(min-width: 1400px)');
  const viewsShown = useMedia('(min-width: 1180px)');
  const [help, setHelp] = useState(false);
  const { view, number, details } = route.value;
  const request = number === null ? undefined : inbox.byNumber(number);
  const opened = useRef(false);
  const page = useRef<HTMLDivElement>(null);
  usePageTitle(request?.subject);

  const open = (one: SupportRequest) => {
    opened.current = true;
    go({ view, number: one.number, details: false });
  };
  const leave = () => {
    // Out of the field first, then out of the conversation.
    const field = document.activeElement;
    if (field instanceof HTMLTextAreaElement) return page.current?.querySelector<HTMLElement>('.conversation h1')?.focus();
    if (number === null) return;
    if (details && !wide) return back();
    go({ view, number: null, details: false });
  };
  useWayBack(number);

  useKeys({
    onStep: (step) => page.current !== null && focusRow(page.current, inbox.rows(view), request?.id, step),
    onReply: () => page.current?.querySelector<HTMLElement>('.composer textarea')?.focus(),
    onResolve: () => request !== undefined && allows(request, 'resolve') && void act(request, 'resolve'),
    onTake: () => request !== undefined && canTake(request, me.id) && void act(request, 'take'),
    onBack: leave,
    onHelp: () => setHelp(true),
  });

  const region = number === null ? 'list' : details && !wide ? 'details' : 'conversation';
  const beside = wide && number !== null && detailsBeside.value === 'shown';
  return (
    <div class="console" ref={page} data-region={region} data-details={beside ? 'beside' : undefined}>
      <Rail onShortcuts={() => setHelp(true)} />
      {viewsShown && <ViewsColumn />}
      <main class="work">
        <InboxList viewsShown={viewsShown} openId={request?.id} onOpen={open} onShortcuts={() => setHelp(true)} />
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
      {help && <ShortcutSheet onClose={() => setHelp(false)} />}
    </div>
  );
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
function usePageTitle(subject: string | undefined): void {
  const { t } = useText();
  const { inbox } = useDesk();
  const unread = inbox.unread.value;
  const name = subject ?? t(`views.${route.value.view}`);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name} · Guichet`;
  }, [unread, name]);
}
