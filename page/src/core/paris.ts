/**
 * Days in Europe/Paris, by the rule that has held there since 1996, written out.
 *
 * Paris is one hour ahead of UTC, and two hours from 01:00 UTC on the last Sunday of March to
 * 01:00 UTC on the last Sunday of October. Source: docs/formats.md section 21.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
/** The last day that has four digits of a year: no day is counted beyond it. */
const LAST_DAY = "9999-12-31";

/** Returns 01:00 UTC on the last Sunday of a month of 31 days, in milliseconds. */
function lastSundayMs(year: number, month: number): number {
  const last = dateMs(year, month, 31);
  return last - new Date(last).getUTCDay() * DAY_MS + HOUR_MS;
}

/** Returns midnight UTC of a day; unlike `Date.UTC`, of the years 0 to 99 too. */
function dateMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** Returns the day in Paris, `YYYY-MM-DD`, at a time in milliseconds since 1970. */
export function parisDay(timeMs: number): string {
  const year = new Date(timeMs).getUTCFullYear();
  const isSummer = timeMs >= lastSundayMs(year, 3) && timeMs < lastSundayMs(year, 10);
  const local = new Date(timeMs + (isSummer ? 2 : 1) * HOUR_MS);
  return local.getUTCFullYear() > 9999 ? LAST_DAY : local.toISOString().slice(0, 10);
}

/** Returns whether text is `YYYY-MM-DD`, a day of the calendar of the years 1 to 9999. */
export function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = DAY.exec(text)?.slice(1).map(Number) ?? [];
  return year > 0 && new Date(dateMs(year, month, day)).toISOString().slice(0, 10) === text;
}

/** Returns how many days `to` is after `from`; both are days of the calendar. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
