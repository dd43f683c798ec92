// A closed request takes no message: what is to be said begins one that follows.
import { useRef } from 'preact/hooks';
import { MAX_CONTENT, uuid, type OwnSupportRequest } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { AreaField, textOf, useForm, WholeProblem } from '../form.tsx';
import { pageOf } from '../organization.ts';
import { useText } from '../texts.ts';
import type { Line } from './open-request.tsx';

interface FollowUpProps {
  readonly line: Line;
  readonly request: OwnSupportRequest;
  /** What came too late to be a message. */
  readonly unsent: string;
  readonly onSent: () => void;
}

export function FollowUp({ line, request, unsent, onSent }: FollowUpProps) {
  const { t } = useText();
  const sent = useRef({ content: '', key: '' });
  const form = useForm(
    async (values) => {
      const content = textOf(values, 'content');
      // The same words sent again are the same request.
      if (sent.current.content !== content) sent.current = { content, key: uuid() };
      const { number, access_token } = await line.access.requests.followUp(request.id, { content }, sent.current.key);
      line.access.reach(number, access_token);
      onSent();
      location.assign(pageOf(`/r/${encodeURIComponent(number)}`));
    },
    (values) => (textOf(values, 'content') === '' ? { content: t('follow_up.missing') } : {}),
  );
  return (
    <section class="card follow-up">
      <form ref={form.ref} noValidate onSubmit={form.onSubmit}>
        <h2>{t('follow_up.title')}</h2>
        <AreaField name="content" label={t('follow_up.label')} form={form} rows={4} maxLength={MAX_CONTENT} defaultValue={unsent} hint={t('follow_up.hint', { number: request.number })} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'follow_up.send')}
        </Button>
      </form>
    </section>
  );
}
