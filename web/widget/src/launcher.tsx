import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '@guichet/ui';
import { chat, down } from '@guichet/ui/icons.tsx';
import { useLive } from './live.ts';
import { useTexts } from './texts.ts';
import type { Parts } from './widget.tsx';

const MOST = 99;

export function Launcher({ visitor, shell }: Parts) {
  const { t } = useTexts();
  const button = useRef<HTMLButtonElement>(null);
  const open = useLive(shell.isOpen);
  const unread = useLive(visitor.unread);

  // The focus returns to where the panel came from.
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) button.current?.focus({ preventScroll: true });
    wasOpen.current = open;
  }, [open]);

  const label = open ? t('launcher.close') : unread > 0 ? t('launcher.open_unread', { count: unread }) : t('launcher.open');
  return (
    <button ref={button} type="button" class="launcher" aria-label={label} title={label} aria-expanded={open} onClick={() => (open ? shell.close() : shell.open())}>
      <Icon path={open ? down : chat} size="large" />
      {!open && unread > 0 && <span class="unread alert">{unread > MOST ? `${MOST}+` : unread}</span>}
    </button>
  );
}
