// The keys of the console: what they do, and the sheet that lists them.
import { useEffect, useRef } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { singleKeys } from '../preferences.ts';
import { useText, type ConsoleKey } from '../texts.ts';

/** What the keys do; those without a meaning where the reader is are the browser's. */
export interface KeyActions {
  readonly onStep?: (step: 1 | -1) => void;
  readonly onReply?: () => void;
  readonly onNote?: () => void;
  readonly onResolve?: () => void;
  readonly onResolveWith?: () => void;
  readonly onTake?: () => void;
  readonly onAssign?: () => void;
  readonly onEscalate?: () => void;
  readonly onSnooze?: () => void;
  readonly onMark?: () => void;
  readonly onMarkTo?: () => void;
  readonly onFilter?: () => void;
  readonly onOpenForSomebody: () => void;
  readonly onPalette: () => void;
  readonly onBack?: () => void;
  readonly onHelp: () => void;
}

/** Listens on the page; keys typed into a field, or meant for the browser, are left alone. */
export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : null;
      const run = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === 'k' ? latest.current.onPalette : plain(event, target, latest.current);
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function plain(event: KeyboardEvent, target: Element | null, actions: KeyActions): (() => void) | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const { key } = event;
  if (key === 'Escape') return actions.onBack;
  // A box to tick takes no letters.
  if (target?.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]')) return undefined;
  if (target?.closest('.list') && key === 'ArrowDown') return () => actions.onStep?.(1);
  if (target?.closest('.list') && key === 'ArrowUp') return () => actions.onStep?.(-1);
  if (singleKeys.value === 'off') return undefined;
  const of: Readonly<Record<string, (() => void) | undefined>> = {
    j: () => actions.onStep?.(1),
    k: () => actions.onStep?.(-1),
    r: actions.onReply,
    n: actions.onNote,
    e: actions.onResolve,
    E: actions.onResolveWith,
    t: actions.onTake,
    a: actions.onAssign,
    u: actions.onEscalate,
    z: actions.onSnooze,
    x: actions.onMark,
    X: actions.onMarkTo,
    f: actions.onFilter,
    c: actions.onOpenForSomebody,
    '?': actions.onHelp,
  };
  return Object.hasOwn(of, key) ? of[key] : undefined;
}

const sheet: readonly { readonly keys: readonly string[]; readonly text: ConsoleKey }[] = [
  { keys: ['Ctrl K'], text: 'shortcuts.palette' },
  { keys: ['j', '↓'], text: 'shortcuts.next' },
  { keys: ['k', '↑'], text: 'shortcuts.previous' },
  { keys: ['⏎'], text: 'shortcuts.open' },
  { keys: ['f'], text: 'shortcuts.filter' },
  { keys: ['x'], text: 'shortcuts.mark' },
  { keys: ['⇧ x'], text: 'shortcuts.mark_to' },
  { keys: ['c'], text: 'shortcuts.open_for_somebody' },
  { keys: ['r'], text: 'shortcuts.reply' },
  { keys: ['n'], text: 'shortcuts.note' },
  { keys: ['/'], text: 'shortcuts.canned' },
  { keys: ['@'], text: 'shortcuts.mention' },
  { keys: ['⏎'], text: 'shortcuts.send' },
  { keys: ['⇧ ⏎'], text: 'shortcuts.break' },
  { keys: ['t'], text: 'shortcuts.take' },
  { keys: ['a'], text: 'shortcuts.assign' },
  { keys: ['e'], text: 'shortcuts.resolve' },
  { keys: ['⇧ e'], text: 'shortcuts.resolve_with' },
  { keys: ['u'], text: 'shortcuts.escalate' },
  { keys: ['z'], text: 'shortcuts.snooze' },
  { keys: ['Esc'], text: 'shortcuts.back' },
  { keys: ['?'], text: 'shortcuts.help' },
];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose} wide>
      <dl class="shortcuts">
        {sheet.map(({ keys, text }) => (
          <div key={text}>
            <dt>{t(text)}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key} class="key">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={singleKeys.value === 'on'}
          onChange={(event) => (singleKeys.value = event.currentTarget.checked ? 'on' : 'off')}
        />
        <span>{t('shortcuts.single_keys')}</span>
      </label>
    </Dialog>
  );
}
