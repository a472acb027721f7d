/**
 * Why a certification that is proven may not be relied on without a second look.
 *
 * Each reason is said of one certification, in one order, once. Source: docs/formats.md
 * section 21.
 */

import { timeMs } from "./entry.ts";
import { daysBetween, isDay, parisDay } from "./paris.ts";
import { LINE_FIELDS } from "./showing.ts";
import { ERASED, type Standing, SUPERSEDED, WITHDRAWN } from "./standing.ts";
import { REASONS, type Reason, type StatusWord, type SummaryLine, type Value } from "./types.ts";

const BCR = /^[0-9A-Z]{8}$/;

/** The day on which is verified, and how many days old a status may be then. */
export interface Today {
  /** `YYYY-MM-DD` in Paris, null where no day is handed in. */
  day: string | null;
  statusDays: number;
}

type Fields = ReadonlyMap<string, Value>;

/** The form of each field that a line of a CV needs. */
const FORMS: Readonly<Record<(typeof LINE_FIELDS)[number], (value: Value) => boolean>> = {
  certificateur: (value) => typeof value === "string" && BCR.test(value),
  type: isFilled,
  code: isFilled,
  donneeCertifiee: (value) => typeof value === "boolean",
  dateDebutValidite: isDate,
  dateFinValidite: (value) => value === null || isDate(value),
};

function isFilled(value: Value): boolean {
  return typeof value === "string" && value !== "";
}

function isDate(value: Value | undefined): value is string {
  return typeof value === "string" && isDay(value);
}

/** Names the fields that a line of a CV needs and that are not shown, or not of their form. */
export function lacking(fields: Fields): string[] {
  return LINE_FIELDS.filter((name) => {
    const value = fields.get(name);
    return value === undefined || !FORMS[name](value);
  });
}

/** What a certification says of itself, the persons of others aside. */
export interface Said {
  fields: Fields;
  identity: string | null;
  standing: Standing;
}

/** Returns the reasons of one certification; `persons` are those beside the others shown. */
export function reasonsOf(
  { fields, identity, standing }: Said,
  today: Today,
  persons: readonly Reason[],
): Reason[] {
  const { bits, status, isOpen } = standing;
  const found: Reason[] = [
    ...(lacking(fields).length > 0 ? (["incomplete"] as const) : []),
    ...(identity === null ? (["no-identity"] as const) : []),
    ...(identity === "national" ? (["name-only"] as const) : []),
    ...(fields.get("donneeCertifiee") === false ? (["provisional"] as const) : []),
    ...(bits & WITHDRAWN ? (["withdrawn"] as const) : []),
    ...(bits & SUPERSEDED ? (["superseded"] as const) : []),
    ...(bits & ERASED ? (["erased"] as const) : []),
    ...(isOpen && (status !== null || bits === 0) ? (["status-unknown"] as const) : []),
    ...reasonsOfDay(fields.get("dateDebutValidite"), fields.get("dateFinValidite"), status, today),
    ...persons,
  ];
  return inOrder(found);
}

/** Returns the reasons of a line of a printed summary, whose status is of the time `time`. */
export function reasonsOfLine(line: SummaryLine, time: string, today: Today): Reason[] {
  const [, , , , , awarded, ends, , status] = line;
  const taken: Partial<Record<StatusWord, Reason>> = {
    withdrawn: "withdrawn",
    superseded: "superseded",
    erased: "erased",
  };
  const word = taken[status];
  return inOrder([...(word ? [word] : []), ...reasonsOfDay(awarded, ends, { time }, today)]);
}

/** Returns what only the day tells: whether a certification begins and ends around it. */
function reasonsOfDay(
  begins: Value | undefined,
  ends: Value | undefined,
  status: { time: string } | null,
  { day, statusDays }: Today,
): Reason[] {
  if (day === null) return ["date-unknown"];
  const found: Reason[] = [];
  if (status !== null) {
    const age = daysBetween(parisDay(timeMs(status.time)), day);
    if (age > statusDays || age < -1) found.push("status-old");
  }
  if (isDate(ends) && ends < day) found.push("expired");
  if (isDate(begins) && begins > day) found.push("not-yet-valid");
  return found;
}

function inOrder(found: readonly Reason[]): Reason[] {
  return REASONS.filter((one) => found.includes(one));
}
