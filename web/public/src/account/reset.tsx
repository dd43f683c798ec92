import { useState } from 'preact/hooks';
import { AccountApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody } from '../organization.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { Told } from '../told.tsx';
import { passwordProblem } from './password.ts';

export function Reset({ token }: { readonly token: string }) {
  const speech = useText();
  const { t } = speech;
  const [done, setDone] = useState(false);
  const form = useForm(
    async (values) => {
      await new AccountApi(nobody).resetPassword(token, String(values.get('password') ?? ''));
      setDone(true);
    },
    (values) => {
      const password = passwordProblem(String(values.get('password') ?? ''), speech);
      return password === null ? {} : { password };
    },
  );
  const isOver = form.problems.status === 404;
  if (token === '' || isOver) {
    return (
      <Told icon={icons.lock} title={t('letter.no_token')} action={<Link to="forgotten">{t('forgotten.title')}</Link>}>
        {t('letter.no_token_why')}
      </Told>
    );
  }
  if (done) {
    return (
      <Told icon={icons.check} title={t('reset.done')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('reset.done_why')}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('reset.title')}</h1>
        <TextField name="password" type="password" label={t('reset.password')} form={form} autoComplete="new-password" hint={t('password.rules')} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'reset.enter')}
        </Button>
        <p class="meta ways">
          <Link to="forgotten">{t('letter.another')}</Link>
        </p>
      </form>
    </main>
  );
}
