// One request, for the one who asked: where it stands, the thread, one field to answer.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '@guichet/sdk';
import { Button, icons, Skeleton, useLate } from '@guichet/ui';
import { Frame } from '../frame.tsx';
import { pageOf } from '../organization.ts';
import { session } from '../session.ts';
import { useText } from '../texts.ts';
import { Staff, Told } from '../told.tsx';
import { accountAccess, forgetToken, guestAccess, requestNumber, type Access } from './access.ts';
import { NewLink } from './new-link.tsx';
import { OpenRequest } from './open-request.tsx';

type Opened = { readonly access: Access } | { readonly refused: 'ended' | 'none' } | { readonly staff: string } | 'opening' | 'unreachable' | 'erased';

export function RequestPage({ token }: { readonly token: string | null }) {
  const { t } = useText();
  const { opened, retry, lose, erased } = useAccess(token);
  if (opened === 'opening') return <Waiting />;
  if (opened === 'unreachable') return <Unreachable onRetry={retry} />;
  if (opened === 'erased') {
    return (
      <Frame part={t('request.part')} title={t('data.erased')}>
        <Told icon={icons.check} title={t('data.erased')}>
          {t('data.erased_why')}
        </Told>
      </Frame>
    );
  }
  if ('staff' in opened) {
    return (
      <Frame part={t('request.part')} title={t('request.title', { number: requestNumber })}>
        <Staff email={opened.staff} />
      </Frame>
    );
  }
  if ('refused' in opened) return <NewLink ended={opened.refused === 'ended'} />;
  return <OpenRequest key={opened.access.kind} access={opened.access} onLost={lose} onErased={erased} />;
}

/** The link's token first; without one, or once it has ended, the account that is signed in. */
function useAccess(token: string | null) {
  const [opened, setOpened] = useState<Opened>(() => (token === null ? 'opening' : { access: guestAccess(token) }));
  const [ended, setEnded] = useState(false);
  // What was erased is not looked for again.
  const move = (next: Opened | ((before: Opened) => Opened)) => setOpened((before) => (before === 'erased' ? before : typeof next === 'function' ? next(before) : next));
  useEffect(() => {
    if (opened !== 'opening') return undefined;
    let current = true;
    session.restore().then(
      (user) => {
        if (!current) return;
        if (user === null) move({ refused: ended ? 'ended' : 'none' });
        else move(user.role === 'customer' ? { access: accountAccess(user) } : { staff: user.email });
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (current) move('unreachable');
      },
    );
    return () => {
      current = false;
    };
  }, [opened, ended]);
  const lose = () => {
    setEnded(true);
    forgetToken();
    move((before) => (typeof before === 'object' && 'access' in before && before.access.kind === 'guest' ? 'opening' : { refused: 'ended' }));
  };
  const erased = () => {
    forgetToken();
    move('erased');
  };
  return { opened, retry: () => move('opening'), lose, erased };
}

/** The size of what will come, so that nothing moves. */
export function Waiting() {
  const { t } = useText();
  const late = useLate(true);
  return (
    <Frame part={t('request.part')} title={t('request.title', { number: requestNumber })}>
      <main class="wide request" aria-busy="true" aria-label={t('request.loading')}>
        <header class="about">
          <p class="meta number">{requestNumber}</p>
          <h1>{late ? <Skeleton width="60%" height="26px" /> : '\u00a0'}</h1>
        </header>
        <div class="track">
          <div class="tracker tracker-room">{late && <Skeleton width="70%" height="16px" />}</div>
        </div>
        <div class="columns">
          <div class="talk">
            {late &&
              ['58%', '72%', '40%'].map((width, index) => <i key={width} class="skeleton bubble-room" style={{ inlineSize: width, marginInlineStart: index === 1 ? '0' : 'auto' }} />)}
          </div>
        </div>
      </main>
    </Frame>
  );
}

export function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = useText();
  return (
    <Frame part={t('request.part')} title={t('request.title', { number: requestNumber })}>
      <Told
        icon={icons.offline}
        title={t('request.unreachable')}
        action={
          <Button icon={icons.retry} onClick={onRetry}>
            {t('action.try_again')}
          </Button>
        }
      >
        {t('request.unreachable_why')}
      </Told>
    </Frame>
  );
}

/** The page's foot: whose link this is, and what is kept. */
export function Foot({ guest, onData }: { readonly guest: boolean; readonly onData: () => void }) {
  const { t } = useText();
  return (
    <>
      <span>{guest && t('request.personal')}</span>
      {guest ? (
        <button type="button" class="link" onClick={onData}>
          {t('data.title')}
        </button>
      ) : (
        <a href={pageOf('/account/data')}>{t('data.title')}</a>
      )}
    </>
  );
}
