// The scroll of a conversation: it opens at the newest message and stays where the reader is.
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface ThreadScroll {
  /** Goes on the element with the class `thread-scroll`. */
  readonly ref: (element: HTMLElement | null) => void;
  /** Whether the newest message is in view. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
}

/** Closer to the end than this, in pixels, counts as being there. */
const nearEnd = 48;

/**
 * The element scrolls in `column-reverse`, so 0 is the end and older messages grow away from it
 * without moving anything. What arrives at the end would push a reader who is further up: the first
 * visible block is kept where it was.
 */
export function useThreadScroll(): ThreadScroll {
  const [atEnd, setAtEnd] = useState(true);
  const state = useRef({ atEnd: true, anchor: null as Element | null, offset: 0 });
  const scroller = useRef<HTMLElement | null>(null);
  const cleanup = useRef<(() => void) | undefined>(undefined);

  const settle = useCallback(() => {
    const element = scroller.current;
    const { anchor, offset } = state.current;
    if (element === null) return;
    if (state.current.atEnd) element.scrollTop = 0;
    else if (anchor?.isConnected) element.scrollTop += offsetIn(element, anchor) - offset;
  }, []);

  const ref = useCallback(
    (element: HTMLElement | null) => {
      cleanup.current?.();
      cleanup.current = undefined;
      scroller.current = element;
      if (element === null) return;
      const onScroll = () => {
        const end = -element.scrollTop <= nearEnd;
        const anchor = end ? null : firstVisible(element);
        state.current = { atEnd: end, anchor, offset: anchor === null ? 0 : offsetIn(element, anchor) };
        setAtEnd(end);
      };
      element.addEventListener('scroll', onScroll, { passive: true });
      const sizes = new ResizeObserver(settle);
      // What scrolls may be put in place of a skeleton.
      const watch = () => {
        sizes.disconnect();
        for (const watched of [element, element.firstElementChild]) if (watched !== null) sizes.observe(watched);
      };
      const children = new MutationObserver(watch);
      children.observe(element, { childList: true });
      watch();
      cleanup.current = () => {
        element.removeEventListener('scroll', onScroll);
        children.disconnect();
        sizes.disconnect();
      };
    },
    [settle],
  );

  useLayoutEffect(settle);

  const toEnd = useCallback(() => {
    state.current = { atEnd: true, anchor: null, offset: 0 };
    setAtEnd(true);
    if (scroller.current !== null) scroller.current.scrollTop = 0;
  }, []);

  return { ref, atEnd, toEnd };
}

function firstVisible(scroller: HTMLElement): Element | null {
  const top = scroller.getBoundingClientRect().top;
  for (const block of scroller.firstElementChild?.children ?? []) {
    if (block.getBoundingClientRect().bottom > top) return block;
  }
  return null;
}

function offsetIn(scroller: HTMLElement, block: Element): number {
  return block.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
}
