// The account: what needs somebody signed in, and what leads there.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, type User } from '@guichet/sdk';
import { Button, icons, Skeleton, useLate } from '@guichet/ui';
import { MyData } from '../data/my-data.tsx';
import { Frame } from '../frame.tsx';
import { session } from '../session.ts';
import { useText, type PageKey } from '../texts.ts';
import { Staff, Told } from '../told.tsx';
import { Forgotten } from './forgotten.tsx';
import { Invitation } from './invitation.tsx';
import { Link } from './link.tsx';
import { Profile } from './profile.tsx';
import { Requests } from './requests.tsx';
import { Reset } from './reset.tsx';
import { letterToken, route } from './route.ts';
import { SignIn } from './sign-in.tsx';
import { SignUp } from './sign-up.tsx';
import { Verify } from './verify.tsx';

const titles = {
  requests: 'account.requests',
  profile: 'account.profile',
  data: 'data.title',
  'sign-up': 'sign_up.title',
  forgotten: 'forgotten.title',
  reset: 'reset.title',
  verify: 'verify.title',
  invitation: 'invitation.title',
  unknown: 'account.unknown',
} as const satisfies Record<string, PageKey>;

export function AccountPages() {
  const { t } = useText();
  const here = route.value;
  // Another page of these is read from its beginning.
  const shown = useRef(here);
  useEffect(() => {
    if (shown.current === here) return;
    shown.current = here;
    const heading = document.querySelector<HTMLElement>('main h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus();
  }, [here]);
  // A letter's link stands for itself, whoever is signed in.
  const open = here === 'sign-up' || here === 'forgotten' || here === 'reset' || here === 'verify' || here === 'invitation' || here === 'unknown';
  return (
    <Frame part={t('account.part')} title={t(titles[here])} here="account">
      {here === 'sign-up' && <SignUp />}
      {here === 'forgotten' && <Forgotten />}
      {here === 'reset' && <Reset token={letterToken} />}
      {here === 'invitation' && <Invitation token={letterToken} />}
      {here === 'verify' && <Verify token={letterToken} />}
      {here === 'unknown' && (
        <Told icon={icons.alert} title={t('account.unknown')} action={<Link to="requests">{t('account.requests')}</Link>}>
          {t('account.unknown_why')}
        </Told>
      )}
      {!open && <Own />}
    </Frame>
  );
}

/** That what is kept of the person is gone. */
const erased = signal(false);

function Own() {
  const { t } = useText();
  const status = session.status.value;
  const user = session.user.value;
  if (erased.value) {
    return (
      <Told icon={icons.check} title={t('data.erased')}>
        {t('data.erased_why')}
      </Told>
    );
  }
  if (status === 'restoring') return <Restoring />;
  if (status === 'signed_in' && user !== null) return <SignedIn user={user} />;
  return <SignIn />;
}

function SignedIn({ user }: { readonly user: User }) {
  const { t } = useText();
  const here = route.value;
  const signOut = () => void session.logout().catch((error: unknown) => {
    // Signed out here in any case; the server ends the session by itself later.
    if (!(error instanceof ApiError)) throw error;
  });
  if (user.role !== 'customer') return <Staff email={user.email} />;
  return (
    <main class="wide account">
      <nav class="tabs" aria-label={t('account.part')}>
        {(['requests', 'profile', 'data'] as const).map((to) => (
          <Link key={to} to={to} current={here === to}>
            {t(titles[to])}
          </Link>
        ))}
        <Button look="quiet" icon={icons.leave} onClick={signOut}>
          <span class="words">{t('account.sign_out')}</span>
        </Button>
      </nav>
      {here === 'requests' && <Requests />}
      {here === 'profile' && <Profile user={user} />}
      {here === 'data' && (
        <div class="reading">
          <h1>{t('data.title')}</h1>
          <MyData
            api={session.api}
            onErased={() => {
              erased.value = true;
              signOut();
            }}
          />
        </div>
      )}
    </main>
  );
}

/** Asking whether there is a session already; without an answer it is asked again, never guessed. */
function Restoring() {
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
  }, [attempt]);
  if (failed) {
    return (
      <Told
        icon={icons.offline}
        title={t('request.unreachable')}
        action={
          <Button icon={icons.retry} onClick={() => setAttempt(attempt + 1)}>
            {t('action.try_again')}
          </Button>
        }
      >
        {t('request.unreachable_why')}
      </Told>
    );
  }
  return (
    <main class="wide account" aria-busy="true">
      {late && <Skeleton width="40%" height="24px" />}
    </main>
  );
}
