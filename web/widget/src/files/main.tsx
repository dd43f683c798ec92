import { useLayoutEffect, useRef } from 'preact/hooks';
// By their own files: the rest of the library is in the first one.
import type { ThreadMessage } from '@guichet/ui';
import { Links } from '@guichet/sdk/attachments/links.ts';
import { Uploads } from '@guichet/sdk/attachments/uploads.ts';
import { Attached } from '@guichet/ui/files/attached.tsx';
import { DropHint, filesOf, useDraggedOver } from '@guichet/ui/files/given.tsx';
import { ToSend } from '@guichet/ui/files/to-send.tsx';
import filesCss from '@guichet/ui/styles/files.css?inline';
import { useLive } from '../live.ts';
import type { Line } from '../visitor/line.ts';
import widgetFilesCss from './files.css?inline';

/** What the second file gives the first. */
export interface Files {
  /** The files of the next message; also says where files can be dropped. */
  readonly Tray: (props: { readonly line: Line }) => preact.JSX.Element;
  /** The files of a message. */
  readonly Sent: (props: { readonly line: Line; readonly message: ThreadMessage }) => preact.JSX.Element;
  attach(line: Line, given: readonly File[]): void;
}

const uploads = new WeakMap<object, Uploads>();
const links = new WeakMap<object, Links>();

function uploadsOf({ store, api, scope }: Line): Uploads {
  let own = uploads.get(store);
  if (own === undefined) uploads.set(store, (own = new Uploads({ conversation: store, api, scope })));
  return own;
}

function linksOf({ store, api }: Line): Links {
  let own = links.get(store);
  if (own === undefined) links.set(store, (own = new Links(api)));
  return own;
}

let sheets: readonly CSSStyleSheet[] | undefined;

/** The rules join those of the widget with the first part that is drawn. */
function useSheets(element: { readonly current: Element | null }): void {
  useLayoutEffect(() => {
    const root = element.current?.getRootNode();
    if (sheets !== undefined || !(root instanceof ShadowRoot)) return;
    sheets = [filesCss, widgetFilesCss].map((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      return sheet;
    });
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets];
  }, []);
}

function Tray({ line }: { readonly line: Line }) {
  const own = uploadsOf(line);
  const items = useLive(own.items);
  const leftOut = useLive(own.leftOut);
  const sending = useLive(own.sending);
  const element = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    panel.current = element.current?.closest<HTMLElement>('.widget') ?? null;
  }, []);
  useSheets(element);
  const over = useDraggedOver(panel);
  const remove = (key: string) => {
    own.remove(key);
    // The button that had the focus goes with the file.
    element.current?.parentElement?.querySelector('textarea')?.focus();
  };
  return (
    <div class="tray" ref={element}>
      <ToSend uploads={items} leftOut={leftOut} sending={sending} onRemove={remove} onRetry={(key) => own.retry(key)} />
      {over && <DropHint />}
    </div>
  );
}

function Sent({ line, message }: { readonly line: Line; readonly message: ThreadMessage }) {
  const element = useRef<HTMLDivElement>(null);
  useSheets(element);
  return (
    <div class="sent" ref={element}>
      <Attached attachments={message.attachments ?? []} source={linksOf(line)} pending={message.state === 'pending'} />
    </div>
  );
}

const second: Files = {
  Tray,
  Sent,
  attach: (line, given) => {
    // Where nothing can be written, nothing could be sent.
    if (line.refused.peek() || line.request.peek()?.status === 'closed') return;
    uploadsOf(line).attach(filesOf(given));
  },
};

export default second;
