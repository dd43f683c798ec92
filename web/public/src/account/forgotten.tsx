import { useState } from 'preact/hooks';
import { AccountApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { emailProblem, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody, organization } from '../organization.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { Told } from '../told.tsx';

export function Forgotten() {
  const speech = useText();
  const { t } = speech;
  const [sent, setSent] = useState<string | null>(null);
  const form = useForm(
    async (values) => {
      const email = textOf(values, 'email');
      await new AccountApi(nobody).forgotPassword(email, organization);
      setSent(email);
    },
    (values) => {
      const email = emailProblem(textOf(values, 'email'), speech);
      return email === null ? {} : { email };
    },
  );
  if (sent !== null) {
    return (
      <Told icon={icons.mail} title={t('forgotten.sent')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('forgotten.sent_why', { email: sent })}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('forgotten.title')}</h1>
        <p>{t('forgotten.lead')}</p>
        <TextField name="email" type="email" label={t('form.email')} form={form} autoComplete="username" autoCapitalize="none" spellcheck={false} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'forgotten.send')}
        </Button>
        <p class="meta ways">
          <Link to="requests">{t('sign_in.title')}</Link>
        </p>
      </form>
    </main>
  );
}
