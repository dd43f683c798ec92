// The shape of a conversation that is still to come.
import { Skeleton } from '@guichet/ui';

const shapes = [
  { side: 'them', width: '46%', height: '54px' },
  { side: 'me', width: '52%', height: '74px' },
  { side: 'them', width: '30%', height: '36px' },
  { side: 'me', width: '38%', height: '36px' },
] as const;

/** Takes its room at once and shows itself only when `shown`, so that what is quick does not flicker. */
export function ThreadSkeleton({ shown }: { readonly shown: boolean }) {
  return (
    <div class="thread" aria-hidden="true">
      {shown &&
        shapes.map(({ side, width, height }, index) => (
          <div key={index} class="skeleton-bubble" data-side={side}>
            <Skeleton width={width} height={height} />
          </div>
        ))}
    </div>
  );
}
