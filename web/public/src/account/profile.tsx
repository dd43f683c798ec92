// Who one is: name, telephone, language, password.
import { useState } from 'preact/hooks';
import type { User } from '@guichet/sdk';
import { Button, Icon, icons, type Locale } from '@guichet/ui';
import { SelectField, textOf, TextField, useForm, WholeProblem } from '../form.tsx';
import { organization } from '../organization.ts';
import { chooseLanguage } from '../preferences.ts';
import { useText } from '../texts.ts';
import { passwordProblem } from './password.ts';
import { session } from '../session.ts';

export function Profile({ user }: { readonly user: User }) {
  return (
    <div class="reading">
      <Person user={user} />
      <Password user={user} />
    </div>
  );
}

function Person({ user }: { readonly user: User }) {
  const { t } = useText();
  const [saved, setSaved] = useState(false);
  const form = useForm(
    async (values) => {
      setSaved(false);
      const phone = textOf(values, 'phone');
      const language = textOf(values, 'language') as Locale;
      await session.update({ first_name: textOf(values, 'first_name'), last_name: textOf(values, 'last_name'), phone: phone === '' ? null : phone, language });
      chooseLanguage(language);
      setSaved(true);
    },
    (values) => Object.fromEntries((['first_name', 'last_name'] as const).filter((name) => textOf(values, name) === '').map((name) => [name, t(`sign_up.${name}_missing`)])),
  );
  return (
    <form ref={form.ref} class="card" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
      <h1>{t('account.profile')}</h1>
      <p class="meta">{user.email}</p>
      <div class="pair">
        <TextField name="first_name" label={t('sign_up.first_name')} form={form} autoComplete="given-name" defaultValue={user.first_name} />
        <TextField name="last_name" label={t('sign_up.last_name')} form={form} autoComplete="family-name" defaultValue={user.last_name} />
      </div>
      <div class="pair">
        <TextField name="phone" type="tel" label={t('contact.phone')} form={form} optional autoComplete="tel" defaultValue={user.phone ?? ''} />
        <SelectField name="language" label={t('profile.language')} form={form} value={user.language} choices={[{ value: 'fr', label: 'Français' }, { value: 'en', label: 'English' }]} />
      </div>
      <WholeProblem form={form} />
      <SaveButton busy={form.busy} saved={saved} />
    </form>
  );
}

function Password({ user }: { readonly user: User }) {
  const speech = useText();
  const { t } = speech;
  const [saved, setSaved] = useState(0);
  const form = useForm(
    async (values) => {
      await session.changePassword(String(values.get('current_password') ?? ''), String(values.get('password') ?? ''), organization);
      form.ref.current?.reset();
      setSaved((before) => before + 1);
    },
    (values) => {
      const password = passwordProblem(String(values.get('password') ?? ''), speech);
      return { ...(values.get('current_password') === '' ? { current_password: t('sign_in.password_missing') } : {}), ...(password === null ? {} : { password }) };
    },
  );
  return (
    <form ref={form.ref} class="card" noValidate aria-busy={form.busy} onSubmit={form.onSubmit}>
      <h2>{t('profile.password')}</h2>
      <input class="visually-hidden" type="text" autoComplete="username" value={user.email} readOnly tabIndex={-1} aria-hidden="true" />
      <TextField name="current_password" type="password" label={t('profile.current_password')} form={form} autoComplete="current-password" />
      <TextField name="password" type="password" label={t('reset.password')} form={form} autoComplete="new-password" hint={t('password.rules')} />
      <WholeProblem form={form} />
      <SaveButton busy={form.busy} saved={saved > 0} />
    </form>
  );
}

function SaveButton({ busy, saved }: { readonly busy: boolean; readonly saved: boolean }) {
  const { t } = useText();
  return (
    <p class="actions">
      <Button type="submit" look="primary" aria-disabled={busy}>
        {t(busy ? 'form.sending' : 'profile.save')}
      </Button>
      <span class="meta" role="status">
        {saved && !busy && (
          <>
            <Icon path={icons.check} size="small" /> {t('profile.saved')}
          </>
        )}
      </span>
    </p>
  );
}
