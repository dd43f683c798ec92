// A link between the account's pages.
import type { ComponentChildren } from 'preact';
import { addressOf, go, type Route } from './route.ts';

interface LinkProps {
  readonly to: Exclude<Route, 'unknown'>;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

export function Link({ to, current, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    // Another tab or window is the browser's affair.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={addressOf(to)} aria-current={current === true ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
