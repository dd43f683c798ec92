// The keys of the console: what they do, and the sheet that lists them.
import { useEffect, useRef } from 'preact/hooks';
import { Dialog } from './dialog.tsx';
import { singleKeys } from '../preferences.ts';
import { useText, type ConsoleKey } from '../texts.ts';

export interface KeyActions {
  readonly onStep: (step: 1 | -1) => void;
  readonly onReply: () => void;
  readonly onResolve: () => void;
  readonly onTake: () => void;
  readonly onBack: () => void;
  readonly onHelp: () => void;
}

/** Listens on the page; keys typed into a field, or meant for the browser, are left alone. */
export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof Element ? event.target : null;
      const run = actionOf(event.key, target, latest.current);
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function actionOf(key: string, target: Element | null, actions: KeyActions): (() => void) | undefined {
  if (key === 'Escape') return actions.onBack;
  if (target?.closest('input, textarea, select, [contenteditable]')) return undefined;
  if (target?.closest('.list') && key === 'ArrowDown') return () => actions.onStep(1);
  if (target?.closest('.list') && key === 'ArrowUp') return () => actions.onStep(-1);
  if (singleKeys.value === 'off') return undefined;
  switch (key) {
    case 'j':
      return () => actions.onStep(1);
    case 'k':
      return () => actions.onStep(-1);
    case 'r':
      return actions.onReply;
    case 'e':
      return actions.onResolve;
    case 't':
      return actions.onTake;
    case '?':
      return actions.onHelp;
    default:
      return undefined;
  }
}

const sheet: readonly { readonly keys: readonly string[]; readonly text: ConsoleKey }[] = [
  { keys: ['j', '↓'], text: 'shortcuts.next' },
  { keys: ['k', '↑'], text: 'shortcuts.previous' },
  { keys: ['⏎'], text: 'shortcuts.open' },
  { keys: ['r'], text: 'shortcuts.reply' },
  { keys: ['⏎'], text: 'shortcuts.send' },
  { keys: ['⇧ ⏎'], text: 'shortcuts.break' },
  { keys: ['t'], text: 'shortcuts.take' },
  { keys: ['e'], text: 'shortcuts.resolve' },
  { keys: ['Esc'], text: 'shortcuts.back' },
  { keys: ['?'], text: 'shortcuts.help' },
];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose}>
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
