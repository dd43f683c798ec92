// Time that passes on the page.
import { signal } from '@preact/signals-core';
import { useEffect, useState } from 'preact/hooks';

const tick = 15_000;
const now = signal(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

const refresh = () => {
  if (document.visibilityState === 'visible') now.value = Date.now();
};

/** The present, in milliseconds, moving every 15 s while the page is seen and something watches. */
export function useNow(): number {
  const [value, setValue] = useState(Date.now);
  useEffect(() => {
    watchers += 1;
    if (watchers === 1) {
      timer = setInterval(refresh, tick);
      document.addEventListener('visibilitychange', refresh);
    }
    now.value = Date.now();
    const stop = now.subscribe(setValue);
    return () => {
      stop();
      watchers -= 1;
      if (watchers === 0) {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', refresh);
      }
    };
  }, []);
  return value;
}

/** True once `waiting` has lasted 150 ms: what is quick shows no skeleton. */
export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setLate(false);
      return undefined;
    }
    const delay = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(delay);
  }, [waiting]);
  return waiting && late;
}
