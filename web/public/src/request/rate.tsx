// What the requester thought of the help, asked once it is over.
import { useState } from 'preact/hooks';
import type { OwnSupportRequest } from '@guichet/sdk';
import { Button, Icon } from '@guichet/ui';
import { AreaField, textOf, useForm, WholeProblem } from '../form.tsx';
import { star } from '../icons.ts';
import { useText } from '../texts.ts';
import type { Line } from './open-request.tsx';

/** So long an opinion may be changed. */
const CHANGEABLE_MS = 7 * 24 * 60 * 60_000;
const POINTS = [1, 2, 3, 4, 5] as const;

export function Rate({ line, request, now }: { readonly line: Line; readonly request: OwnSupportRequest; readonly now: number }) {
  const { t } = useText();
  const [changing, setChanging] = useState(false);
  const { rating } = request;
  const [points, setPoints] = useState(rating?.score ?? 0);
  const form = useForm(
    async (values) => {
      const comment = textOf(values, 'comment');
      line.followed.learn(await line.access.requests.rate(request.id, { rating: points, ...(comment === '' ? {} : { comment }) }));
      setChanging(false);
    },
    () => (points === 0 ? { rating: t('rate.missing') } : {}),
  );
  if (rating !== null && !changing) {
    return (
      <section class="card rated" aria-label={t('rate.name')}>
        <p role="status">
          <Stars points={rating.score} /> {t('rate.thanks', { score: rating.score })}
        </p>
        {now - Date.parse(rating.rated_at) < CHANGEABLE_MS && (
          <Button look="quiet" onClick={() => setChanging(true)}>
            {t('rate.change')}
          </Button>
        )}
      </section>
    );
  }
  const missing = form.problems.fields['rating'];
  return (
    <section class="card rate">
      <form ref={form.ref} noValidate onSubmit={form.onSubmit}>
        <fieldset aria-describedby={missing === undefined ? undefined : 'rate-missing'}>
          <legend>{t('rate.question')}</legend>
          <div class="points">
            {POINTS.map((value) => (
              <label key={value} data-on={value <= points || undefined}>
                <input class="visually-hidden" type="radio" name="rating" value={value} checked={points === value} onChange={() => setPoints(value)} />
                <Icon path={star} />
                <span class="visually-hidden">{t('rate.points', { score: value })}</span>
              </label>
            ))}
            <span class="meta" aria-hidden="true">
              {points > 0 && t(`rate.word_${points as 1 | 2 | 3 | 4 | 5}`)}
            </span>
          </div>
          {missing !== undefined && (
            <p class="error" id="rate-missing" role="alert">
              {missing}
            </p>
          )}
        </fieldset>
        {points > 0 && <AreaField name="comment" label={t('rate.comment')} form={form} optional rows={2} maxLength={2000} defaultValue={rating?.comment ?? ''} />}
        <WholeProblem form={form} />
        {points > 0 && (
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('rate.send')}
          </Button>
        )}
      </form>
    </section>
  );
}

function Stars({ points }: { readonly points: number }) {
  return (
    <span class="points" aria-hidden="true">
      {POINTS.map((value) => (
        <i key={value} data-on={value <= points || undefined}>
          <Icon path={star} />
        </i>
      ))}
    </span>
  );
}
