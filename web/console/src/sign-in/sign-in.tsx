// The way in.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError, PublicApi, type BrowserSession } from '@guichet/sdk';
import { Button, Icon, icons, locales } from '@guichet/ui';
import { lastOrganization, locale } from '../preferences.ts';
import { Logo } from '../shell/rail.tsx';
import { useText } from '../texts.ts';

export interface SignInProps {
  readonly session: BrowserSession;
  /** Why the reader is here again, when it was not their wish. */
  readonly notice: string | undefined;
}

export function SignIn({ session, notice }: SignInProps) {
  const { t } = useText();
  const asked = new URLSearchParams(location.search).get('organization');
  const organization = useOrganization(session, asked);
  const [problem, setProblem] = useState<{ readonly text: string; readonly field?: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const error = useId();

  useEffect(() => {
    document.title = `${t('sign_in.title')} · Guichet`;
  }, [t]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (form.current === null || busy) return;
    const fields = new FormData(form.current);
    const text = (name: string) => String(fields.get(name) ?? '');
    const missing = ['email', 'password'].find((name) => text(name).trim() === '');
    if (missing !== undefined) return refuse(t(`sign_in.${missing as 'email' | 'password'}_missing`), missing);
    setBusy(true);
    setProblem(null);
    try {
      const named = organization.named ? text('organization').trim() : (asked ?? '');
      await session.login({ email: text('email').trim(), password: text('password'), ...(named === '' ? {} : { organization: named }) });
      if (named !== '') lastOrganization.value = named;
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      refuse(cause.isNetwork ? t('sign_in.no_answer') : cause.message, cause.status === 401 ? 'password' : undefined);
    } finally {
      setBusy(false);
    }
  };
  const refuse = (words: string, field?: string) => {
    setProblem({ text: words, ...(field === undefined ? {} : { field }) });
    if (field !== undefined) form.current?.querySelector<HTMLInputElement>(`[name="${field}"]`)?.focus();
  };
  const input = (name: string) => ({
    name,
    'aria-invalid': problem?.field === name,
    'aria-describedby': problem?.field === name ? error : undefined,
  });

  return (
    <main class="sign-in">
      <form ref={form} class="sign-in-card" noValidate aria-busy={busy} onSubmit={(event) => void submit(event)}>
        <header>
          <Logo />
          <h1>{t('sign_in.title')}</h1>
          {/* Its room is kept while the name is asked for. */}
          <p class="meta">{organization.name ?? '\u00a0'}</p>
        </header>
        {notice !== undefined && problem === null && <p class="notice">{notice}</p>}
        {organization.named && (
          <Field label={t('sign_in.organization')}>
            {(id) => <input id={id} {...input('organization')} defaultValue={asked ?? lastOrganization.value} autoCapitalize="none" spellcheck={false} autoComplete="organization" />}
          </Field>
        )}
        <Field label={t('sign_in.email')} invalid={problem?.field === 'email'}>
          {(id) => <input id={id} type="email" {...input('email')} autoComplete="username" autoCapitalize="none" spellcheck={false} required />}
        </Field>
        <Field label={t('sign_in.password')} invalid={problem?.field === 'password'}>
          {(id) => <input id={id} type="password" {...input('password')} autoComplete="current-password" required />}
        </Field>
        <p class="form-error" id={error} role="alert">
          {problem !== null && (
            <>
              <Icon path={icons.alert} size="small" /> {problem.text}
            </>
          )}
        </p>
        <Button type="submit" look="primary" large aria-disabled={busy}>
          {t(busy ? 'sign_in.busy' : 'sign_in.enter')}
        </Button>
        {!organization.named && (
          <button type="button" class="link" onClick={organization.nameIt}>
            {t('sign_in.other_organization')}
          </button>
        )}
      </form>
      <p class="languages">
        {locales.map((choice) => (
          <button key={choice} type="button" class="link" lang={choice} aria-pressed={locale.value === choice} onClick={() => (locale.value = choice)}>
            {choice === 'fr' ? 'Français' : 'English'}
          </button>
        ))}
      </p>
    </main>
  );
}

interface FieldProps {
  readonly label: string;
  readonly invalid?: boolean;
  readonly children: (id: string) => preact.ComponentChild;
}

function Field({ label, invalid = false, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class={`input${invalid ? ' invalid' : ''}`}>{children(id)}</div>
    </div>
  );
}

/** Whose console this is: the one the address names, the one of the host, or the only one there is; else it is asked for. */
function useOrganization(session: BrowserSession, asked: string | null) {
  const [name, setName] = useState<string | null>(null);
  const [named, setNamed] = useState(false);
  useEffect(() => {
    let current = true;
    new PublicApi(session.api, asked ?? undefined).availability().then(
      ({ organization }) => current && setName(organization.name),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        // Several, or none of that name: the reader says which. No answer: sign-in will say so.
        if (current && !error.isTemporary) setNamed(true);
      },
    );
    return () => {
      current = false;
    };
  }, [session, asked]);
  return { name: named ? null : name, named, nameIt: () => setNamed(true) };
}
