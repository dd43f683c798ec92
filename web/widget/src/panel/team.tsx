import { Avatar } from '@guichet/ui';
import { useLive } from '../live.ts';
import { useTexts } from '../texts.ts';
import type { Visitor } from '../visitor/visitor.ts';

const SHOWN = 3;
const QUICK_MINUTES = 2;

/** The people who are there, as a row of faces. */
export function TeamStack({ visitor, size }: { readonly visitor: Visitor; readonly size?: 'medium' }) {
  const { t, locale } = useTexts();
  const agents = useLive(visitor.availability)?.agents ?? [];
  if (agents.length === 0) return null;
  const names = agents.slice(0, SHOWN).map((agent) => agent.name);
  const list = new Intl.ListFormat(locale, { type: 'conjunction' }).format(names.map((name) => name.split(' ')[0] ?? name));
  return (
    <span class="avatar-stack" role="img" aria-label={t('home.there', { count: names.length, names: list })}>
      {names.map((name) => (
        <Avatar key={name} id={name} name={name} {...(size ? { size } : {})} />
      ))}
    </span>
  );
}

/** When an answer may be expected; nothing while that is unknown. */
export function useAnswerTime(visitor: Visitor): string | null {
  const { t, time } = useTexts();
  const availability = useLive(visitor.availability);
  if (availability === null) return null;
  const minutes = availability.usual_response_minutes;
  if (!availability.online) return t('answer.away');
  if (minutes === null) return t('answer.there');
  return t('answer.usual', { duration: time.duration(Math.max(minutes, QUICK_MINUTES) * 60_000) });
}
