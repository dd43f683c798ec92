// Signed in or not: which page there is to show.
import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, type BrowserSession, type User } from '@guichet/sdk';
import { Button, createSpeech, Empty, icons, SpeechContext, useLate, type Speech } from '@guichet/ui';
import { leftByChoice } from './session-end.ts';
import { Desk, DeskContext } from './desk.ts';
import { locale } from './preferences.ts';
import { useSignOut } from './shell/account-menu.tsx';
import { Toasts } from './shell/toasts.tsx';
import { Logo } from './shell/rail.tsx';
import { SignIn } from './sign-in/sign-in.tsx';
import { catalogues, useText } from './texts.ts';
import { Workplace } from './workplace.tsx';

export function App({ session }: { readonly session: BrowserSession }) {
  const speech = useComputed(() => createSpeech(locale.value, catalogues, navigator.languages));
  return (
    <SpeechContext.Provider value={speech.value as Speech<string>}>
      <Page session={session} />
      <Toasts />
    </SpeechContext.Provider>
  );
}

function Page({ session }: { readonly session: BrowserSession }) {
  const { t } = useText();
  const status = session.status.value;
  const user = session.user.value;
  const wasSignedIn = useRef(false);
  if (status === 'restoring') return <Restoring session={session} />;
  if (status === 'signed_in' && user !== null) {
    if (user.role === 'customer') return <NotStaff session={session} user={user} />;
    wasSignedIn.current = true;
    return <SignedIn key={user.id} session={session} user={user} />;
  }
  return <SignIn session={session} notice={wasSignedIn.current && !leftByChoice.value ? t('sign_in.ended') : undefined} />;
}

function SignedIn({ session, user }: { readonly session: BrowserSession; readonly user: User }) {
  const desk = useMemo(() => new Desk(session, user), [session, user.id]);
  useEffect(() => {
    leftByChoice.value = false;
    return () => desk.dispose();
  }, [desk]);
  return (
    <DeskContext.Provider value={desk}>
      <Workplace />
    </DeskContext.Provider>
  );
}

/** Asking whether there is a session already; without an answer it is asked again, never guessed. */
function Restoring({ session }: { readonly session: BrowserSession }) {
  const { t } = useText();
  const [failed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const late = useLate(!failed);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    session.restore().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setFailed(true);
      timer = setTimeout(() => setAttempt((before) => before + 1), error.retryAfter ?? 4_000);
    });
    return () => clearTimeout(timer);
  }, [session, attempt]);
  return (
    <main class="restoring" aria-busy={!failed}>
      {!failed && late && <Logo />}
      {failed && (
        <Empty
          icon={icons.offline}
          title={t('restoring.failed')}
          action={
            <Button icon={icons.retry} onClick={() => setAttempt(attempt + 1)}>
              {t('action.try_again')}
            </Button>
          }
        >
          {t('restoring.failed_why')}
        </Empty>
      )}
    </main>
  );
}

/** A customer's account opens no console. */
function NotStaff({ session, user }: { readonly session: BrowserSession; readonly user: User }) {
  const { t } = useText();
  const signOut = useSignOut(session);
  return (
    <main class="restoring">
      <Empty icon={icons.lock} title={t('sign_in.not_staff')} action={<Button onClick={signOut}>{t('account.sign_out')}</Button>}>
        {t('sign_in.not_staff_why', { email: user.email })}
      </Empty>
    </main>
  );
}
