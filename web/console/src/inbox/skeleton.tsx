// Rows that are still to come, of their own size.
import { Skeleton } from '@guichet/ui';

const widths = [
  ['40%', '85%', '65%'],
  ['55%', '70%', '80%'],
  ['35%', '90%', '55%'],
  ['50%', '60%', '75%'],
] as const;

/** Takes its room at once and shows itself only when `shown`. */
export function ListSkeleton({ shown }: { readonly shown: boolean }) {
  return (
    <div class="rows" aria-busy="true">
      {shown &&
        widths.map((lines, index) => (
          <div key={index} class="row placeholder" aria-hidden="true">
            <span class="avatar skeleton" />
            {lines.map((width) => (
              <span key={width} class="line">
                <Skeleton width={width} />
              </span>
            ))}
          </div>
        ))}
    </div>
  );
}
