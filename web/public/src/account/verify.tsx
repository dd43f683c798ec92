import { useState } from 'preact/hooks';
import { AccountApi, ApiError } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody } from '../organization.ts';
import { useText } from '../texts.ts';
import { Told } from '../told.tsx';
import { Link } from './link.tsx';

/**
 * Asks for the password of the registration: anybody can type somebody's address, and must not know the password of
 * the account that its owner confirms.
 */
export function Verify({ token }: { readonly token: string }) {
  const { t } = useText();
  const [done, setDone] = useState(false);
  const form = useForm(
    async (values) => {
      try {
        await new AccountApi(nobody).verify(token, String(values.get('password') ?? ''));
        setDone(true);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        // Nobody signs in here, so that it is said in other words than at the sign-in.
        form.refuse({ fields: { password: t('verify.password_wrong') }, status: 401 });
      }
    },
    (values) => (values.get('password') === '' ? { password: t('sign_in.password_missing') } : {}),
  );
  if (token === '' || form.problems.status === 404) {
    return (
      <Told icon={icons.lock} title={t('letter.no_token')} action={<Link to="sign-up">{t('sign_up.title')}</Link>}>
        {t('letter.no_token_why')}
      </Told>
    );
  }
  if (done) {
    return (
      <Told icon={icons.check} title={t('verify.done')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('verify.done_why')}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('verify.title')}</h1>
        <p>{t('verify.why')}</p>
        <TextField name="password" type="password" label={t('form.password')} form={form} autoComplete="current-password" />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'verify.enter')}
        </Button>
        <p class="meta ways">
          <Link to="forgotten">{t('forgotten.title')}</Link>
        </p>
      </form>
    </main>
  );
}
