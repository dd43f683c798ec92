// What the requester thought of the help.
import type { SupportRequest } from '@guichet/sdk';
import { Icon, icons, stamp } from '@guichet/ui';
import { useText } from '../texts.ts';

const points = [1, 2, 3, 4, 5] as const;

export function RatingGiven({ request, now }: { readonly request: SupportRequest; readonly now: number }) {
  const { t, time } = useText();
  const { rating } = request;
  if (rating === null) return null;
  return (
    <section>
      <h2 class="section">{t('rating.title')}</h2>
      <p class="rating">
        <span class="stars" role="img" aria-label={t('rating.points', { points: rating.score })}>
          {points.map((point) => (
            <span key={point} data-given={point <= rating.score}>
              <Icon path={icons.star} size="small" />
            </span>
          ))}
        </span>
        <time class="meta" dateTime={rating.rated_at} title={time.full(rating.rated_at)}>
          {stamp(time, rating.rated_at, now)}
        </time>
      </p>
      {rating.comment !== null && rating.comment !== '' && <p class="rating-comment">{rating.comment}</p>}
    </section>
  );
}
