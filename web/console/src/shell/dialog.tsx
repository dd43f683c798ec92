// A question or a sheet over the page; the browser keeps the focus inside and gives it back.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton, icons } from '@guichet/ui';
import { useText } from '../texts.ts';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** What can be done; the least harmful has `autofocus`. */
  readonly actions?: ComponentChildren;
  /** For forms with fields side by side. */
  readonly wide?: boolean;
}

export function Dialog({ title, onClose, children, actions, wide = false }: DialogProps) {
  const { t } = useText();
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next key is pressed: what is typed right after must not reach the page.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog${wide ? ' wide' : ''}`}
      aria-labelledby={heading}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        // Only the dialog's own ground lies outside its content.
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-content">
        <header>
          <h2 id={heading}>{title}</h2>
          <IconButton label={t('dialog.close')} path={icons.cross} onClick={() => dialog.current?.close()} />
        </header>
        {children}
        {actions !== undefined && <footer>{actions}</footer>}
      </div>
    </dialog>
  );
}
