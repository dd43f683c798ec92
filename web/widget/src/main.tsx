import { effect } from '@preact/signals-core';
import { render } from 'preact';
import { browserStore } from '@guichet/sdk';
import { chooseLocale } from '@guichet/ui';
import { HostEventTarget, installHostApi } from './host-api.ts';
import { createRoot } from './root.ts';
import { Shell } from './shell.ts';
import { Visitor, type Identity } from './visitor/visitor.ts';
import { Widget } from './widget.tsx';

/**
 * `<script src="https://host/widget.js" data-organization="demo" async></script>` puts the widget on a page.
 * Optional: `data-language="fr|en"`, `data-theme="light|dark"`. Colours: `--guichet-brand` on `:root`.
 */
function boot(script: HTMLScriptElement): void {
  const { organization = '', language, theme } = script.dataset;
  const storage = browserStore();
  const shell = new Shell();
  const visitor = new Visitor({ organization, origin: new URL(script.src, location.href).origin, language: () => shell.locale.peek(), storage });
  shell.locale.value = chooseLocale([visitor.memory.language, language, ...navigator.languages]);
  const events = new HostEventTarget();
  const root = createRoot(theme);
  render(<Widget visitor={visitor} shell={shell} events={events} />, root);

  let before = 0;
  effect(() => {
    const unread = visitor.unread.value;
    if (unread !== before) events.emit('unread', (before = unread));
  });
  installHostApi({
    open: () => shell.open(),
    close: () => shell.close(),
    identify: (identity) => visitor.identify(identityOf(identity)),
    on: (event, listener) => events.on(event, listener),
  });
}

function identityOf(given: Record<string, unknown>): Identity {
  const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
  const object = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined);
  const context = object(given.context);
  return {
    name: text(given.name),
    email: text(given.email),
    phone: text(given.phone),
    ...(context ? { context: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, String(value)])) } : {}),
    ...(object(given.metadata) ? { metadata: object(given.metadata) } : {}),
  };
}

const script = document.currentScript;
if (!(script instanceof HTMLScriptElement) || !script.src) console.error('guichet: widget.js must be loaded by a <script src> element');
else if (document.querySelector('guichet-widget')) console.warn('guichet: the widget is on this page already');
else if (document.body) boot(script);
else addEventListener('DOMContentLoaded', () => boot(script), { once: true });
