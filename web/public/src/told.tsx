// What happened, in the middle of an otherwise empty page.
import { Empty } from '@guichet/ui';
import type { ComponentChildren } from 'preact';

interface ToldProps {
  readonly icon: string;
  readonly title: string;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Told(props: ToldProps) {
  return (
    <main class="wide alone">
      <div role="status">
        <Empty {...props} />
      </div>
    </main>
  );
}
