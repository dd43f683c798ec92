// The state of the line, said only when it is not fine.
import { useEffect, useState } from 'preact/hooks';
import { Icon, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';

/** A line that comes back within this time was never worth a word. */
const patience = 1_500;

export function ConnectionState() {
  const { realtime } = useDesk();
  const { t } = useText();
  const state = realtime.state.value;
  const retryAt = realtime.retryAt.value;
  const down = state === 'reconnecting' || state === 'offline';
  const [shown, setShown] = useState(false);
  const seconds = useSecondsUntil(shown ? retryAt : null);

  useEffect(() => {
    if (!down) {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), patience);
    return () => clearTimeout(timer);
  }, [down]);

  const words = t(state === 'offline' ? 'connection.offline' : 'connection.lost');
  if (!down || !shown) return <div role="status" class="visually-hidden" />;
  return (
    <div class="connection">
      <Icon path={icons.offline} size="small" />
      {/* Counting down is for the eye: read out each second it would drown everything else. */}
      <span role="status" class="visually-hidden">
        {words}
      </span>
      <span aria-hidden="true">{seconds !== null && seconds > 0 ? t('connection.lost_retry', { seconds }) : words}</span>
      <button type="button" onClick={() => realtime.retryNow()}>
        {t('connection.now')}
      </button>
    </div>
  );
}

function useSecondsUntil(at: number | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? null : Math.max(0, Math.ceil((at - now) / 1_000));
}
