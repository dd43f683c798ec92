// Whether somebody looks at the page: only then what stands there has been read.
import { useEffect, useState } from 'preact/hooks';

const looks = () => document.visibilityState === 'visible' && document.hasFocus();

export function useIsLookedAt(): boolean {
  const [lookedAt, setLookedAt] = useState(looks);
  useEffect(() => {
    const look = () => setLookedAt(looks());
    look();
    addEventListener('focus', look);
    addEventListener('blur', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      removeEventListener('blur', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return lookedAt;
}
