// Times where there is little room: lists and columns. Apart, so that a page without them does not carry them.
import type { Instant, TimeFormat } from './time.ts';

/** Short, for a list: `just now`, `4 min`, `3 h`, `yesterday`, `17 Nov`. */
export function age(time: TimeFormat, at: Instant, now: number): string {
  return time.recent(at, now) ?? time.day(at, now);
}

/** For a narrow column: the time today, else the day and the time; of what was or will be. */
export function stamp(time: TimeFormat, at: Instant, now: number): string {
  const apart = Math.abs(time.dayNumber(now) - time.dayNumber(at));
  if (apart === 0) return time.clock(at);
  return `${apart < 7 ? weekday(time, at) : time.day(at, now)} ${time.clock(at)}`;
}

/** Made once for each way of writing times: making one takes longer than using it. */
const weekdays = new WeakMap<TimeFormat, Intl.DateTimeFormat>();

function weekday(time: TimeFormat, at: Instant): string {
  const format = weekdays.get(time) ?? time.format({ weekday: 'short' });
  weekdays.set(time, format);
  return format.format(new Date(at));
}
