import { english } from "./words-en.ts";
import { french } from "./words-fr.ts";

export type Language = "fr" | "en";
export type Words = typeof french;

const ALL: Readonly<Record<Language, Words>> = { fr: french, en: english };
export const wordsOf = (language: Language): Words => ALL[language];

/** The browser's first language that the page speaks; French where it speaks none of them. */
export function preferredLanguage(): Language {
  const found = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in ALL);
  return (found as Language | undefined) ?? "fr";
}

/** Dates as Europe writes them. */
const LOCALES: Readonly<Record<Language, string>> = { fr: "fr-FR", en: "en-GB" };

/** A day, as in `2026-11-25` or at the beginning of a time; anything else stays as it is. */
export function formatDay(text: string, language: Language): string {
  const time = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time)) return text;
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long", timeZone: "UTC" }).format(
    time,
  );
}

export function formatTime(time: string | number | Date, language: Language): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const format = new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: "long",
    timeStyle: "medium",
    timeZone: "UTC",
  });
  return `${format.format(date)} UTC`;
}

/** Whole days from a time until now, at least 0. */
export const daysSince = (time: string, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - Date.parse(time)) / 86_400_000));
