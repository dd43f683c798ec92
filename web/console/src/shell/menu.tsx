// A button that opens a menu: in the top layer, closed by Escape or a click elsewhere, walked by arrows.
import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export interface MenuProps {
  /** The menu's name for screen readers. */
  readonly label: string;
  /** What the button shows; an icon alone needs `buttonLabel`. */
  readonly button: ComponentChildren;
  readonly buttonClass: string;
  readonly buttonLabel?: string;
  /** Which edge of the button the menu keeps to. */
  readonly edge?: 'start' | 'end';
  readonly onOpen?: () => void;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

const gap = 4;

export function Menu({ label, button, buttonClass, buttonLabel, edge = 'start', onOpen, disabled = false, children }: MenuProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  const onToggle = (event: ToggleEvent) => {
    const opened = event.newState === 'open';
    setOpen(opened);
    if (!opened) return;
    onOpen?.();
    // After the items are drawn.
    requestAnimationFrame(() => {
      if (opener.current === null || menu.current === null) return;
      place(opener.current, menu.current, edge);
      const items = itemsOf(menu.current);
      (items.find((item) => item.ariaChecked === 'true') ?? items[0])?.focus();
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (menu.current === null) return;
    const items = itemsOf(menu.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else if (event.key === 'Tab') {
      menu.current.hidePopover();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const letter = event.key.toLocaleLowerCase();
      const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      after.find((item) => item.textContent?.trim().toLocaleLowerCase().startsWith(letter))?.focus();
    }
    // The keys of the page rest while a menu is open; Escape closes it by itself.
    event.stopPropagation();
  };

  return (
    <>
      <button
        ref={opener}
        type="button"
        class={buttonClass}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={buttonLabel}
        title={buttonLabel}
        disabled={disabled}
        {...{ popovertarget: id }}
      >
        {button}
      </button>
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onToggle={onToggle}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          if ((event.target as Element).closest('[role^="menuitem"]') === null) return;
          menu.current?.hidePopover();
        }}
      >
        {open && children}
      </div>
    </>
  );
}

export interface MenuItemProps {
  readonly icon?: ComponentChildren;
  readonly children: ComponentChildren;
  /** For a choice among several: whether it is the current one. */
  readonly checked?: boolean;
  readonly shortcut?: string;
  readonly onChoose: () => void;
}

export function MenuItem({ icon, children, checked, shortcut, onChoose }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      aria-keyshortcuts={shortcut?.replace('⇧ ', 'Shift+')}
      tabIndex={-1}
      onClick={onChoose}
    >
      {icon} <span class="truncate">{children}</span>
      {shortcut !== undefined && (
        // The attribute says it; read out with the name it would be part of it.
        <kbd class="key" aria-hidden="true">
          {shortcut}
        </kbd>
      )}
    </button>
  );
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
}

/** Under the button, or above it where there is more room, and always on the screen. */
function place(opener: HTMLElement, menu: HTMLElement, edge: 'start' | 'end'): void {
  const button = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const wanted = edge === 'start' ? button.left : button.right - width;
  const left = Math.max(gap, Math.min(wanted, innerWidth - width - gap));
  const below = button.bottom + gap;
  const fits = below + height <= innerHeight - gap || button.top < innerHeight - button.bottom;
  const top = fits ? Math.min(below, Math.max(gap, innerHeight - height - gap)) : Math.max(gap, button.top - height - gap);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
