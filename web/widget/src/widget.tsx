import { useEffect, useMemo, useRef } from 'preact/hooks';
import { SpeechContext, type Speech } from '@guichet/ui';
import type { HostEventTarget } from './host-api.ts';
import { attach } from './files.ts';
import { Launcher } from './launcher.tsx';
import { useLive, useLiveEffect } from './live.ts';
import { Ask } from './panel/ask.tsx';
import { Conversation } from './panel/conversation.tsx';
import { Home } from './panel/home.tsx';
import type { Shell } from './shell.ts';
import { useTexts, widgetSpeech } from './texts.ts';
import type { Visitor } from './visitor/visitor.ts';

export interface Parts {
  readonly visitor: Visitor;
  readonly shell: Shell;
  readonly events: HostEventTarget;
}

const REFRESH_MS = 60_000;

export function Widget(parts: Parts) {
  const { shell, events } = parts;
  const locale = useLive(shell.locale);
  const speech = useMemo(() => widgetSpeech(locale), [locale]);
  const open = useLive(shell.isOpen);
  const told = useRef(false);
  useEffect(() => {
    if (told.current !== open) events.emit(open ? 'open' : 'close', undefined);
    told.current = open;
  }, [open, events]);
  return (
    <SpeechContext.Provider value={speech as Speech<string>}>
      <div class="guichet" lang={locale}>
        {open && <Panel {...parts} />}
        <Launcher {...parts} />
      </div>
    </SpeechContext.Provider>
  );
}

function Panel(parts: Parts) {
  const { visitor, shell } = parts;
  const { t } = useTexts();
  const panel = useRef<HTMLElement>(null);
  const view = useLive(shell.view);
  const organization = useLive(visitor.availability)?.organization.name;

  useEffect(() => {
    const refresh = () => {
      if (document.visibilityState === 'visible') void visitor.refresh();
    };
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => clearInterval(timer);
  }, [visitor]);

  // The focus follows what is shown; a screen reader then reads its name.
  useEffect(() => {
    const root = panel.current;
    const wanted = root?.querySelector<HTMLElement>('[data-focus]') ?? root;
    wanted?.focus({ preventScroll: true });
  }, [view.name]);

  useLiveEffect(() => {
    const shown = shell.view.value;
    if (shown.name === 'conversation' && !visitor.memory.records.value.some((record) => record.id === shown.id)) shell.show({ name: 'home' });
  }, [visitor, shell]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.stopPropagation();
    shell.close();
  };

  // Only a conversation takes files. What is words too, as a copied part of a document, stays words.
  const take = (event: DragEvent | ClipboardEvent) => {
    const line = view.name === 'conversation' && visitor.line.peek();
    const given = 'dataTransfer' in event ? event.dataTransfer : event.clipboardData;
    if (!line || !given?.types.includes('Files') || given.types.includes('text/plain')) return;
    event.preventDefault();
    attach(line, given.files);
  };

  return (
    <section
      class="widget"
      ref={panel}
      role="dialog"
      tabIndex={-1}
      aria-label={organization === undefined ? t('panel.name') : t('panel.name_of', { organization })}
      onKeyDown={onKeyDown}
      onDragOver={take}
      onDrop={take}
      onPaste={take}
    >
      {view.name === 'home' && <Home {...parts} />}
      {view.name === 'ask' && <Ask {...parts} />}
      {view.name === 'conversation' && <Conversation key={view.id} id={view.id} {...parts} />}
    </section>
  );
}
