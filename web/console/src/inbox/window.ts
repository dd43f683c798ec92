// Which rows of a long list are drawn, and where the scroll stays when rows move. Pure.

/** Rows above and below what is seen, so that a quick scroll meets no gap. */
const spare = 6;

export interface Window {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

export function windowOf(scrollTop: number, height: number, rowHeight: number, count: number): Window {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { first: Math.min(first, end), end };
}

/**
 * Where to scroll so that the reader keeps looking at the same row after a change of order.
 * At the very top nothing is held: there the newest is what is wanted. When the row at the top has
 * gone, the next one that is left is held instead.
 */
export function heldScroll(before: readonly string[], after: readonly string[], scrollTop: number, rowHeight: number): number {
  if (scrollTop <= 0) return scrollTop;
  const places = new Map(after.map((id, index) => [id, index]));
  const top = Math.floor(scrollTop / rowHeight);
  for (let index = top; index < before.length; index += 1) {
    const place = places.get(before[index] ?? '');
    if (place !== undefined) return Math.max(0, scrollTop + (place - index) * rowHeight);
  }
  return scrollTop;
}
