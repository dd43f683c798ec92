// The list of a view: drawn by need, moved by news, walked by keyboard.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { SupportRequest } from '@guichet/sdk';
import { useNow } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';
import { heldScroll, windowOf } from './window.ts';
import { Row } from './row.tsx';

/** Kept equal to `--row` in inbox.css. */
export const rowHeight = 85;

export interface RequestListProps {
  readonly label: string;
  readonly rows: readonly SupportRequest[];
  readonly total: number;
  readonly openId: string | undefined;
  readonly writing: ReadonlySet<string>;
  readonly hrefOf: (request: SupportRequest) => string;
  readonly onOpen: (request: SupportRequest) => void;
  /** Called when the end of what is loaded comes near. */
  readonly onEnd: () => void;
  /** Said after the last row, when what follows could not be read. */
  readonly after?: ComponentChildren;
}

export function RequestList({ label, rows, total, openId, writing, hrefOf, onOpen, onEnd, after }: RequestListProps) {
  const now = useNow();
  const { selection } = useDesk();
  const selecting = selection.ids.value.size > 0 || selection.offered.value;
  const scroller = useRef<HTMLDivElement>(null);
  const view = useSignal({ top: 0, height: 0 });
  const before = useRef<readonly string[]>([]);
  // Read while rendering, before the rows are moved: moving an element takes its focus away.
  const focusedId = (document.activeElement as HTMLElement | null)?.closest?.<HTMLElement>('[data-request]')?.dataset['request'];

  const { first, end } = windowOf(view.value.top, view.value.height, rowHeight, rows.length);
  // The row with the focus is always drawn, so that scrolling or moving cannot lose it.
  const drawn = rows.map((request, index) => ({ request, index })).filter(({ request, index }) => (index >= first && index < end) || request.id === focusedId);
  const stop = rows.some(({ id }) => id === focusedId) ? focusedId : rows.some(({ id }) => id === openId) ? openId : rows[0]?.id;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = () => {
      view.value = { top: element.scrollTop, height: element.clientHeight };
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [view]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const ids = rows.map(({ id }) => id);
    const top = heldScroll(before.current, ids, element.scrollTop, rowHeight);
    before.current = ids;
    if (top !== element.scrollTop) element.scrollTop = top;
    if (focusedId !== undefined && !element.contains(document.activeElement)) {
      element.querySelector<HTMLElement>(`[data-request="${CSS.escape(focusedId)}"]`)?.focus({ preventScroll: true });
    }
  });

  const near = end >= rows.length - 10;
  useLayoutEffect(() => {
    if (near && view.value.height > 0) onEnd();
  }, [near, rows.length]);

  return (
    <div class="rows" ref={scroller} data-at-top={view.value.top <= 0} data-selecting={selecting}>
      <ol role="list" aria-label={label} style={{ blockSize: `${rows.length * rowHeight}px` }}>
        {drawn.map(({ request, index }) => (
          <li
            key={request.id}
            aria-posinset={index + 1}
            aria-setsize={Math.max(total, rows.length)}
            style={{ transform: `translateY(${index * rowHeight}px)` }}
          >
            <RowCheck request={request} order={rows} />
            <Row
              request={request}
              now={now}
              href={hrefOf(request)}
              current={request.id === openId}
              writing={writing.has(request.id)}
              tabStop={request.id === stop}
              onOpen={onOpen}
            />
          </li>
        ))}
      </ol>
      {after}
    </div>
  );
}

/** Marks a row for a change to many. Reached with `x` by keyboard, so that Tab stays short. */
function RowCheck({ request, order }: { readonly request: SupportRequest; readonly order: readonly SupportRequest[] }) {
  const { t } = useText();
  const { selection } = useDesk();
  const name = request.requester.name || request.requester.email || t('request.no_name');
  return (
    <label class="row-check" title={t('bulk.select')}>
      <input
        type="checkbox"
        tabIndex={-1}
        checked={selection.ids.value.has(request.id)}
        aria-label={t('bulk.select_one', { name, subject: request.subject })}
        onClick={(event) => {
          if (!event.shiftKey) return selection.toggle(request.id);
          selection.extendTo(request.id, order.map(({ id }) => id));
        }}
      />
    </label>
  );
}

/** Moves the focus to the next or former row; from anywhere, starting at the open one. Answers whether there was one. */
export function focusRow(list: ParentNode, rows: readonly SupportRequest[], openId: string | undefined, step: 1 | -1): boolean {
  const focused = (document.activeElement as HTMLElement | null)?.closest?.<HTMLElement>('[data-request]')?.dataset['request'];
  const from = rows.findIndex(({ id }) => id === (focused ?? openId));
  const to = from === -1 ? (step === 1 ? 0 : rows.length - 1) : from + step;
  // The row beside the one in view may be beyond what is drawn: it is brought into view first.
  const target = rows[to];
  const scroller = list.querySelector<HTMLElement>('.rows');
  if (target === undefined || scroller === null) return false;
  const top = to * rowHeight;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + rowHeight > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + rowHeight - scroller.clientHeight;
  const focus = () => {
    const row = scroller.querySelector<HTMLElement>(`[data-request="${CSS.escape(target.id)}"]`);
    row?.focus({ preventScroll: true });
    return row !== null;
  };
  if (!focus()) requestAnimationFrame(() => requestAnimationFrame(focus));
  return true;
}
