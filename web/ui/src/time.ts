// Times as people say them: relative under a day, absolute after, always with the full form at hand.
import type { Translator } from './i18n.ts';
import type { UiKey } from './texts.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** RFC 3339 text, or milliseconds since 1970. */
export type Instant = string | number;

export interface TimeFormat {
  /** `9:12`, as a clock shows it. */
  clock(at: Instant): string;
  /** The heading of a day in a thread: Today, Yesterday, then the date. */
  heading(at: Instant, now: number): string;
  /** In a sentence: `4 min ago`, `yesterday at 9:12`, `17 Nov at 9:12`. */
  ago(at: Instant, now: number): string;
  /** Everything, for a tooltip. */
  full(at: Instant): string;
  /** A length of time in its two largest units: `1 h 24`, `3 d`. */
  duration(milliseconds: number): string;
  /** The number of the local calendar day; equal on the same day, one more on the next. */
  dayNumber(at: Instant): number;
  /** Under a day old in the reader's sense: less than 24 h, and a clock that runs ahead counts as now. */
  recent(at: Instant, now: number): string | undefined;
  /** `yesterday`, `17 Nov`, `17 Nov 2025`. */
  day(at: Instant, now: number): string;
  /** Another way of writing dates in the reader's language and zone. */
  format(parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat;
}

export interface TimeOptions {
  /** The tag numbers and dates are written by, such as `en-GB`; by default the translator's language. */
  readonly tag?: string;
  /** An IANA zone; by default the device's. */
  readonly timeZone?: string;
}

export function createTimeFormat(text: Translator<UiKey>, options: TimeOptions = {}): TimeFormat {
  const tag = options.tag ?? text.locale;
  const zone = options.timeZone === undefined ? {} : { timeZone: options.timeZone };
  const format = (parts: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, { ...parts, ...zone });
  const clockFormat = format({ hour: 'numeric', minute: '2-digit' });
  const shortDay = format({ day: 'numeric', month: 'short' });
  const shortDayAndYear = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const longDay = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const longDayAndYear = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const fullFormat = format({ dateStyle: 'full', timeStyle: 'medium' });
  // The Swedish calendar writes ISO dates; their numbers are what is wanted, not their look.
  const iso = new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit', ...zone });

  const ms = (at: Instant): number => (typeof at === 'number' ? at : Date.parse(at));
  const dayNumber = (at: Instant): number => Date.parse(`${iso.format(ms(at))}T00:00:00Z`) / day;
  const year = (at: Instant): string => iso.format(ms(at)).slice(0, 4);
  const clock = (at: Instant): string => clockFormat.format(ms(at)).replace(/^0(?=\d)/, '');
  const dayOf = (at: Instant, now: number): string =>
    dayNumber(now) - dayNumber(at) === 1 ? text.t('ui.yesterday') : (year(at) === year(now) ? shortDay : shortDayAndYear).format(ms(at));
  const capital = (words: string): string => words.charAt(0).toLocaleUpperCase(tag) + words.slice(1);

  const duration = (length: number): string => {
    const whole = Math.max(0, length);
    if (whole < minute) return text.t('ui.under_a_minute');
    if (whole < hour) return text.t('ui.minutes', { n: Math.floor(whole / minute) });
    if (whole >= 2 * day) return text.t('ui.days', { n: Math.floor(whole / day) });
    const minutes = Math.floor((whole % hour) / minute);
    const hours = Math.floor(whole / hour);
    if (minutes === 0) return text.t('ui.hours', { n: hours });
    return text.t('ui.hours_minutes', { hours, minutes: String(minutes).padStart(2, '0') });
  };

  const recent = (at: Instant, now: number): string | undefined => {
    const passed = now - ms(at);
    if (passed < minute) return text.t('ui.now');
    if (passed < hour) return text.t('ui.minutes', { n: Math.floor(passed / minute) });
    if (passed < day && dayNumber(at) === dayNumber(now)) return text.t('ui.hours', { n: Math.floor(passed / hour) });
    return undefined;
  };

  return {
    clock,
    dayNumber,
    duration,
    recent,
    day: dayOf,
    format,
    full: (at) => fullFormat.format(ms(at)),
    heading(at, now) {
      const passed = dayNumber(now) - dayNumber(at);
      if (passed === 0) return text.t('ui.today');
      if (passed === 1) return text.t('ui.yesterday_heading');
      return capital((year(at) === year(now) ? longDay : longDayAndYear).format(ms(at)));
    },
    ago(at, now) {
      const short = recent(at, now);
      if (short !== undefined) return now - ms(at) < minute ? short : text.t('ui.ago', { duration: short });
      return text.t('ui.at_time', { day: dayOf(at, now), time: clock(at) });
    },
  };
}
