// When something happened or will happen, short enough for a stage.
import type { Instant, TimeFormat } from '@guichet/ui';

const DAYS_BY_NAME = 7;

/** The time today, `lundi 16, 18:05` within a week of now, else the day and the time. */
export function when(time: TimeFormat, at: Instant, now: number): string {
  const apart = Math.abs(time.dayNumber(now) - time.dayNumber(at));
  if (apart === 0) return time.clock(at);
  return `${dayName(time, at, now)}, ${time.clock(at)}`;
}

/** The day alone, in a sentence: `lundi 16`, else `16 nov.`. */
export function dayName(time: TimeFormat, at: Instant, now: number): string {
  const apart = Math.abs(time.dayNumber(now) - time.dayNumber(at));
  if (apart >= DAYS_BY_NAME) return time.day(at, now);
  return time.format({ weekday: 'long', day: 'numeric' }).format(new Date(at));
}
