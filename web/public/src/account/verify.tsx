import { useState } from 'preact/hooks';
import { AccountApi, ApiError } from '@guichet/sdk';
import { Button, icons } from '@guichet/ui';
import { wordsOf } from '../form.tsx';
import { nobody } from '../organization.ts';
import { useText } from '../texts.ts';
import { Told } from '../told.tsx';
import { Link } from './link.tsx';

/** A button, and nothing at once: what opens the links of letters to look at them must not use them up. */
export function Verify({ token }: { readonly token: string }) {
  const speech = useText();
  const { t } = speech;
  const [state, setState] = useState<'asking' | 'busy' | 'done' | 'ended'>(token === '' ? 'ended' : 'asking');
  const [problem, setProblem] = useState<string | null>(null);
  const verify = async () => {
    setState('busy');
    setProblem(null);
    try {
      await new AccountApi(nobody).verify(token);
      setState('done');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // An unknown link is over; anything else the server words itself, or may pass.
      setState(error.status === 404 ? 'ended' : 'asking');
      setProblem(wordsOf(error, speech));
    }
  };
  if (state === 'done') {
    return (
      <Told icon={icons.check} title={t('verify.done')} action={<Link to="requests">{t('sign_in.title')}</Link>}>
        {t('verify.done_why')}
      </Told>
    );
  }
  if (state === 'ended') {
    return (
      <Told icon={icons.lock} title={t('letter.no_token')} action={<Link to="sign-up">{t('sign_up.title')}</Link>}>
        {t('letter.no_token_why')}
      </Told>
    );
  }
  return (
    <Told
      icon={icons.mail}
      title={t('verify.title')}
      action={
        <Button look="primary" large aria-disabled={state === 'busy'} onClick={() => void verify()}>
          {t(state === 'busy' ? 'form.sending' : 'verify.enter')}
        </Button>
      }
    >
      {problem ?? t('verify.why')}
    </Told>
  );
}
