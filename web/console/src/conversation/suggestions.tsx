// What can be put into a field while it is written: a list above it, walked by arrows, chosen by Enter or Tab.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Suggestion {
  readonly id: string;
  readonly content: ComponentChildren;
  readonly choose: () => void;
}

export interface Suggesting {
  /** Whether the list took the key. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean;
  /** What ties the field to its list. */
  readonly field: { readonly 'aria-controls'?: string; readonly 'aria-activedescendant'?: string; readonly 'aria-autocomplete'?: 'list' };
  readonly list: ComponentChildren;
}

/** `items` of null: nothing is suggested now. `empty` is said where nothing fits. */
export function useSuggestions(id: string, label: string, items: readonly Suggestion[] | null, empty: string, onClose: () => void): Suggesting {
  const [at, setAt] = useState(0);
  const signature = items?.map((item) => item.id).join() ?? null;
  useEffect(() => setAt(0), [signature]);
  const current = items === null ? -1 : Math.min(at, items.length - 1);
  useEffect(() => {
    if (current >= 0) document.getElementById(`${id}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  if (items === null) return { onKeyDown: () => false, field: {}, list: null };
  return {
    field: { 'aria-controls': id, 'aria-autocomplete': 'list', ...(current < 0 ? {} : { 'aria-activedescendant': `${id}-${current}` }) },
    onKeyDown: (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined && items.length > 0) setAt((current + step + items.length) % items.length);
      else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && items[current] !== undefined) items[current].choose();
      else if (event.key === 'Escape') onClose();
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    list: (
      <div class="suggestions">
        <div id={id} role="listbox" aria-label={label}>
          {items.map((item, index) => (
            <div
              key={item.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === current}
              onMouseMove={() => setAt(index)}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={item.choose}
            >
              {item.content}
            </div>
          ))}
        </div>
        <p class="meta" role="status">
          {items.length === 0 ? empty : ''}
        </p>
      </div>
    ),
  };
}

/** The word before the cursor that begins with `sign`, unless it is part of another word. */
export function wordAt(text: string, cursor: number, sign: '/' | '@'): { readonly from: number; readonly word: string } | null {
  const before = text.slice(0, cursor);
  const from = before.lastIndexOf(sign);
  if (from < 0 || (from > 0 && !/\s/.test(before[from - 1] ?? ''))) return null;
  const word = before.slice(from + 1);
  // A name may have a space in it; a shortcut may not.
  return (sign === '@' ? /^[^\n@]{0,40}$/ : /^\S{0,40}$/).test(word) ? { from, word } : null;
}
