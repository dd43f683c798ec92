import { useState } from 'preact/hooks';
import { AccountApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody } from '../organization.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { Told } from './told.tsx';
import { passwordProblem } from './password.ts';

interface ResetProps {
  readonly token: string;
  /** Another password for one's account, or the first one for an account that was offered. */
  readonly for: 'reset' | 'invitation';
}

export function Reset({ token, for: what }: ResetProps) {
  const speech = useText();
  const { t } = speech;
  const [done, setDone] = useState(false);
  const form = useForm(
    async (values) => {
      const api = new AccountApi(nobody);
      const password = String(values.get('password') ?? '');
      await (what === 'reset' ? api.resetPassword(token, password) : api.acceptInvitation(token, password));
      setDone(true);
    },
    (values) => {
      const password = passwordProblem(String(values.get('password') ?? ''), speech);
      return password === null ? {} : { password };
    },
  );
  if (token === '') {
    return (
      <Told icon={icons.lock} title={t('letter.no_token')} {...(what === 'reset' ? { action: <Link to="forgotten">{t('forgotten.title')}</Link> } : {})}>
        {t('letter.no_token_why')}
      </Told>
    );
  }
  if (done) {
    return (
      <Told icon={icons.check} title={t(`${what}.done`)} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t(`${what}.done_why`)}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t(`${what}.title`)}</h1>
        <TextField name="password" type="password" label={t('reset.password')} form={form} autoComplete="new-password" hint={t('password.rules')} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'reset.enter')}
        </Button>
        {what === 'reset' && (
          <p class="meta ways">
            <Link to="forgotten">{t('letter.another')}</Link>
          </p>
        )}
      </form>
    </main>
  );
}
