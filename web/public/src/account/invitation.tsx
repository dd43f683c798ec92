import { useState } from 'preact/hooks';
import { AccountApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody } from '../organization.ts';
import { locale } from '../preferences.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { passwordProblem } from './password.ts';
import { Told } from '../told.tsx';

/** An account that was offered: who one is, and the password. */
export function Invitation({ token }: { readonly token: string }) {
  const speech = useText();
  const { t } = speech;
  const [done, setDone] = useState(false);
  const form = useForm(
    async (values) => {
      const account = { password: String(values.get('password') ?? ''), first_name: textOf(values, 'first_name'), last_name: textOf(values, 'last_name'), language: locale.value };
      await new AccountApi(nobody).acceptInvitation(token, account);
      setDone(true);
    },
    (values) => ({
      first_name: textOf(values, 'first_name') === '' ? t('sign_up.first_name_missing') : undefined,
      last_name: textOf(values, 'last_name') === '' ? t('sign_up.last_name_missing') : undefined,
      password: passwordProblem(String(values.get('password') ?? ''), speech) ?? undefined,
    }),
  );
  if (token === '' || form.problems.status === 404) {
    return (
      <Told icon={icons.lock} title={t('letter.no_token')}>
        {t('letter.no_token_why')}
      </Told>
    );
  }
  if (done) {
    return (
      <Told icon={icons.check} title={t('invitation.done')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('invitation.done_why')}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('invitation.title')}</h1>
        <div class="pair">
          <TextField name="first_name" label={t('sign_up.first_name')} form={form} autoComplete="given-name" />
          <TextField name="last_name" label={t('sign_up.last_name')} form={form} autoComplete="family-name" />
        </div>
        <TextField name="password" type="password" label={t('form.password')} form={form} autoComplete="new-password" hint={t('password.rules')} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'invitation.enter')}
        </Button>
      </form>
    </main>
  );
}
