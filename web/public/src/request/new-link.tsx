// The link has ended, or never was: another one is a mail away.
import { useState } from 'preact/hooks';
import { RequesterApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { emailProblem, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { Frame } from '../frame.tsx';
import { nobody, organization, pageOf } from '../organization.ts';
import { useText } from '../texts.ts';
import { Told } from '../told.tsx';
import { requestNumber } from './access.ts';

export function NewLink({ ended }: { readonly ended: boolean }) {
  const speech = useText();
  const { t } = speech;
  const [asked, setAsked] = useState<string | null>(null);
  const form = useForm(
    async (values) => {
      const email = textOf(values, 'email');
      await new RequesterApi(nobody, organization).requestAccessLink(textOf(values, 'number'), email);
      setAsked(email);
    },
    (values) => {
      const email = emailProblem(textOf(values, 'email'), speech);
      return { ...(textOf(values, 'number') === '' ? { number: t('link.number_missing') } : {}), ...(email === null ? {} : { email }) };
    },
  );
  return (
    <Frame part={t('request.part')} title={t('request.title', { number: requestNumber })}>
      {asked === null ? (
        <main class="wide alone">
          <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
            <h1>{t(ended ? 'link.ended' : 'link.needed')}</h1>
            <p>{t('link.why')}</p>
            <TextField name="number" label={t('link.number')} form={form} defaultValue={requestNumber} autoCapitalize="characters" spellcheck={false} />
            <TextField name="email" type="email" label={t('link.email')} form={form} autoComplete="email" />
            <WholeProblem form={form} />
            <Button type="submit" look="primary" large aria-disabled={form.busy}>
              {t(form.busy ? 'form.sending' : 'link.send')}
            </Button>
            <p class="meta">
              <a href={pageOf('/account')}>{t('link.sign_in')}</a>
            </p>
          </form>
        </main>
      ) : (
        <Told icon={icons.mail} title={t('link.sent')} action={<Button onClick={() => setAsked(null)}>{t('link.again')}</Button>}>
          {t('link.sent_why', { email: asked })}
        </Told>
      )}
    </Frame>
  );
}
