import { Button } from '@guichet/ui';
import { emailProblem, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { organization } from '../organization.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { session } from '../session.ts';

export function SignIn() {
  const speech = useText();
  const { t } = speech;
  const form = useForm(
    async (values) => {
      await session.login({ email: textOf(values, 'email'), password: String(values.get('password') ?? ''), ...(organization === undefined ? {} : { organization }) });
    },
    (values) => {
      const email = emailProblem(textOf(values, 'email'), speech);
      return { ...(email === null ? {} : { email }), ...(values.get('password') === '' ? { password: t('sign_in.password_missing') } : {}) };
    },
  );
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('sign_in.title')}</h1>
        <p>{t('sign_in.lead')}</p>
        <TextField name="email" type="email" label={t('form.email')} form={form} autoComplete="username" autoCapitalize="none" spellcheck={false} />
        <TextField name="password" type="password" label={t('form.password')} form={form} autoComplete="current-password" />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'sign_in.busy' : 'sign_in.enter')}
        </Button>
        <p class="meta ways">
          <Link to="forgotten">{t('forgotten.title')}</Link> <Link to="sign-up">{t('sign_up.title')}</Link>
        </p>
      </form>
    </main>
  );
}
