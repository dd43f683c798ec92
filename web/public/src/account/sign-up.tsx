import { useState } from 'preact/hooks';
import { AccountApi } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { emailProblem, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { nobody, organization } from '../organization.ts';
import { locale } from '../preferences.ts';
import { useText } from '../texts.ts';
import { Link } from './link.tsx';
import { Told } from '../told.tsx';
import { passwordProblem } from './password.ts';

export function SignUp() {
  const speech = useText();
  const { t } = speech;
  const [sent, setSent] = useState<string | null>(null);
  const form = useForm(
    async (values) => {
      const email = textOf(values, 'email');
      await new AccountApi(nobody).register({
        organization,
        email,
        password: String(values.get('password') ?? ''),
        first_name: textOf(values, 'first_name'),
        last_name: textOf(values, 'last_name'),
        language: locale.value,
      });
      setSent(email);
    },
    (values) => {
      const wrong: Record<string, string> = {};
      for (const name of ['first_name', 'last_name'] as const) if (textOf(values, name) === '') wrong[name] = t(`sign_up.${name}_missing`);
      const email = emailProblem(textOf(values, 'email'), speech);
      if (email !== null) wrong['email'] = email;
      const password = passwordProblem(String(values.get('password') ?? ''), speech);
      if (password !== null) wrong['password'] = password;
      return wrong;
    },
  );
  if (sent !== null) {
    return (
      <Told icon={icons.mail} title={t('sign_up.sent')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('sign_up.sent_why', { email: sent })}
      </Told>
    );
  }
  return (
    <main class="wide alone">
      <form ref={form.ref} class="card narrow" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
        <h1>{t('sign_up.title')}</h1>
        <p>{t('sign_up.lead')}</p>
        <div class="pair">
          <TextField name="first_name" label={t('sign_up.first_name')} form={form} autoComplete="given-name" />
          <TextField name="last_name" label={t('sign_up.last_name')} form={form} autoComplete="family-name" />
        </div>
        <TextField name="email" type="email" label={t('form.email')} form={form} autoComplete="username" autoCapitalize="none" spellcheck={false} />
        <TextField name="password" type="password" label={t('form.password')} form={form} autoComplete="new-password" hint={t('password.rules')} />
        <WholeProblem form={form} />
        <Button type="submit" look="primary" large aria-disabled={form.busy}>
          {t(form.busy ? 'form.sending' : 'sign_up.enter')}
        </Button>
        <p class="meta ways">
          <Link to="requests">{t('sign_up.have_one')}</Link>
        </p>
      </form>
    </main>
  );
}
