// What the page's address says, and what must not stay in it.

/** A part of an address as it was meant; what is not encoded well is taken as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Somebody cut the address off in the middle.
    return part;
  }
}

/**
 * The token of a link, which is behind the `#`: browsers send that part to nobody, and tell it to no other page. It is
 * taken out of the address at once, so that it is neither in the tab's history, nor in what is shared, copied or
 * bookmarked. Empty when there is none.
 */
export function takeFragment(): string {
  const fragment = decoded(location.hash.slice(1));
  if (location.hash !== '') history.replaceState(history.state, '', location.pathname + location.search);
  return fragment;
}
