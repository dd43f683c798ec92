// What a message field does on every page: grows with its text, sends on Enter.
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/**
 * Whether this key press sends. Shift, Ctrl, Alt or Meta break the line or belong to the browser,
 * and while an input method composes, Enter chooses a candidate.
 */
export function sends(event: KeyboardEvent): boolean {
  return (
    event.key === 'Enter' &&
    !event.shiftKey &&
    !event.ctrlKey &&
    !event.altKey &&
    !event.metaKey &&
    !event.isComposing &&
    // Safari ends the composition before the key is told; 229 is the only sign left.
    event.keyCode !== 229
  );
}

/** Lets a field grow with `text` up to `maxLines`, then scroll. Browsers that size fields themselves are left to it. */
export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string, maxLines: number): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const edges = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    const most = parseFloat(style.lineHeight) * maxLines + edges;
    element.style.maxHeight = `${most}px`;
    if (CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, most)}px`;
  }, [field, text, maxLines]);
}
