/**
 * Whether certifications are one person's, as far as their disclosed identities say so.
 *
 * Names are compared without case, accents and punctuation, a field that one of them lacks is
 * not compared, and a certification without a whole identity group is tied to nobody.
 */

import { fold } from "./identity.ts";
import {
  BIRTH_DATE,
  BIRTH_NAME,
  FILE_FIRST_NAME,
  FILE_NAME,
  FIRST_NAME,
  IDENTITY_GROUPS,
  NATIONAL_NAME,
} from "./showing.ts";
import type { CertificationReport, Person, Value } from "./types.ts";

/** What is compared with what; the name in a training file need not be the birth name. */
const COMPARED = [
  [BIRTH_NAME, NATIONAL_NAME],
  [FILE_NAME],
  [FIRST_NAME, FILE_FIRST_NAME],
  ...BIRTH_DATE.map((name) => [name]),
];
const FIRST_NAME_PART = 2;

type Part = string | number | null;

interface Identity {
  kind: string | null;
  parts: Part[];
}

/** Names the identity group that is disclosed as a whole, with a name in it, or null. */
export function identityKind(record: ReadonlyMap<string, Value>): string | null {
  const whole = IDENTITY_GROUPS.find(([, names]) => {
    const name = record.get(names[0] ?? "");
    return name !== undefined && names.every((one) => record.has(one)) && foldValue(name);
  });
  return whole?.[0] ?? null;
}

/**
 * Tells whether the disclosed identities are one person's; null where that is open.
 *
 * True only where all are whole and have a first name too: a name alone settles nothing.
 */
export function isSamePerson(certifications: readonly CertificationReport[]): boolean | null {
  const distinct = new Map(readIdentities(certifications).map((one) => [keyOf(one), one]));
  const identities = [...distinct.values()];
  const differ = identities.some((one, at) =>
    identities.slice(at + 1).some((other) => areDifferent(one.parts, other.parts)),
  );
  if (differ) return false;
  const [only] = identities;
  if (only === undefined || identities.length > 1 || only.kind === null) return null;
  return (only.parts[FIRST_NAME_PART] ?? null) === null ? null : true;
}

/** Groups certifications whose identities are equal and of one kind. */
export function groupPersons(certifications: readonly CertificationReport[]): Person[] {
  const persons = new Map<string, Person>();
  for (const [at, identity] of readIdentities(certifications).entries()) {
    const { kind } = identity;
    const one = certifications[at];
    if (kind === null || one === undefined) continue;
    const person = persons.get(keyOf(identity)) ?? { kind, certifications: [] };
    person.certifications.push(one.index);
    persons.set(keyOf(identity), person);
  }
  return [...persons.values()];
}

function keyOf(identity: Identity): string {
  return JSON.stringify(identity);
}

function areDifferent(one: readonly Part[], other: readonly Part[]): boolean {
  return one.some((part, at) => {
    const counterpart = other[at] ?? null;
    return part !== null && counterpart !== null && part !== counterpart;
  });
}

function readIdentities(certifications: readonly CertificationReport[]): Identity[] {
  // Most certifications of one CV hold the same names, and folding takes its time.
  const folded = new Map<Value, Part>();
  return certifications.map(({ identity, fields }) => {
    const record = new Map(fields);
    const parts = COMPARED.map((names) => {
      const value = names.map((name) => record.get(name) ?? null).find(isFilled) ?? null;
      if (!folded.has(value)) folded.set(value, foldValue(value));
      return folded.get(value) ?? null;
    });
    return { kind: identity, parts };
  });
}

/** Tells whether a value says anything: null, false, 0, "" and an empty list do not. */
function isFilled(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Folds a name; numbers and booleans are compared as numbers, lists not at all. */
function foldValue(value: Value): Part {
  if (typeof value === "string") return fold(value) || null;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" ? value : null;
}
