/**
 * Comparing the persons of certifications, as far as what is shown of them allows.
 *
 * Two values of a name are equal where their plain forms are (`identity.ts`). They are open
 * where a form of one, without separators, equals a form of the other, each word being plain or
 * wide; where the words of one first name begin those of the other; or where a
 * `prenom1Titulaire` of 20 code points, which may have been cut, begins the other. Else they are
 * different. A birth name and the name in a training file are two parts, never compared.
 *
 * Two certifications are different where any part is; else open where any part is open, or the
 * kinds of identity or the parts are not the same, or where there is no first name; else the
 * same. One that shows no whole identity group is compared with nobody.
 * Source: docs/formats.md section 23.
 */

import { type Spelling, spellings } from "./identity.ts";
import {
  BIRTH_DATE,
  BIRTH_NAME,
  FILE_FIRST_NAME,
  FILE_NAME,
  FIRST_NAME,
  IDENTITY_GROUPS,
  NATIONAL_NAME,
} from "./showing.ts";
import type { Field, Person, Value } from "./types.ts";

export type Comparison = "equal" | "open" | "different";
export type Relation = "same" | "open" | "different";
export type PersonReason = "other-person" | "person-unsettled";

/** Code points of a `prenom1Titulaire` that may have been cut. */
const CUT_SIZE = 20;
const FIRST_NAMES = [FIRST_NAME, FILE_FIRST_NAME];
/** What is compared with what, the first name first. */
const PARTS = [
  FIRST_NAMES,
  [BIRTH_NAME, NATIONAL_NAME],
  [FILE_NAME],
  ...BIRTH_DATE.map((name) => [name]),
];

/** What is disclosed of a certification. */
interface Shown {
  readonly fields: readonly Field[];
}

interface Name {
  plain: string;
  words: readonly Spelling[];
  isCut: boolean;
}

type Part = Name | number | null;

/** A whole identity group: its kind, and the parts that it says something of. */
interface Identity {
  kind: string;
  parts: readonly Part[];
}

/** Names the identity group that is disclosed as a whole, with a name in it, or null. */
export function identityKind(record: ReadonlyMap<string, Value>): string | null {
  const whole = IDENTITY_GROUPS.find(
    ([, names]) =>
      names.every((name) => record.has(name)) && readPart(names[0] ?? "", record) !== null,
  );
  return whole?.[0] ?? null;
}

/** Compares two values of a name or of a part of a date of birth, with their field names. */
export function compareValues(one: Field, other: Field): Comparison {
  const isFirst = FIRST_NAMES.includes(one[0]) && FIRST_NAMES.includes(other[0]);
  return compare(readPart(one[0], new Map([one])), readPart(other[0], new Map([other])), isFirst);
}

/** Compares the persons of two certifications; open where one shows no whole identity. */
export function compareIdentities(one: Shown, other: Shown): Relation {
  const [identity, counterpart] = [readIdentity(one), readIdentity(other)];
  return identity && counterpart ? relate(identity, counterpart) : "open";
}

/**
 * Returns whether all are the same person's; null where that is open, one of them shows no whole
 * identity group, or there is no first name.
 */
export function isSamePerson(certifications: readonly Shown[]): boolean | null {
  const identities = certifications.map(readIdentity);
  const distinct = countDistinct(identities).map(([identity]) => identity);
  const relations = new Set<Relation>();
  for (const [at, one] of distinct.entries()) {
    for (const other of distinct.slice(at + 1)) relations.add(relate(one, other));
  }
  if (relations.has("different")) return false;
  const isSettled = distinct.length > 0 && distinct.every(hasFirstName);
  return isSettled && !relations.has("open") && !identities.includes(null) ? true : null;
}

/** Groups certifications that are the same person's; one without a first name is alone. */
export function groupPersons(certifications: readonly (Shown & { index: number })[]): Person[] {
  const persons = new Map<string, Person>();
  for (const [at, one] of certifications.entries()) {
    const identity = readIdentity(one);
    if (identity === null) continue;
    const { kind, parts } = identity;
    const plain = parts.map((part) => (isName(part) ? part.plain : part));
    const key = JSON.stringify([kind, hasFirstName(identity) ? null : at, plain]);
    const person = persons.get(key) ?? { kind, certifications: [] };
    person.certifications.push(one.index);
    persons.set(key, person);
  }
  return [...persons.values()];
}

/**
 * Says of each certification how its person stands to those of the others: different from any,
 * open with any. Of one that shows no whole identity group nothing is said.
 */
export function personReasons(certifications: readonly Shown[]): PersonReason[][] {
  const identities = certifications.map(readIdentity);
  const distinct = countDistinct(identities);
  const related = new Map<string, Set<Relation>>();
  for (const [one, count] of distinct) {
    const others = distinct.filter(([other]) => other !== one || count > 1);
    related.set(keyOf(one), new Set(others.map(([other]) => relate(one, other))));
  }
  return identities.map((identity) => {
    const relations = identity && related.get(keyOf(identity));
    return [
      ...(relations?.has("different") ? (["other-person"] as const) : []),
      ...(relations?.has("open") ? (["person-unsettled"] as const) : []),
    ];
  });
}

function keyOf(identity: Identity): string {
  return JSON.stringify(identity);
}

/** Counts each identity once, so that most bundles need no comparison at all. */
function countDistinct(identities: readonly (Identity | null)[]): [Identity, number][] {
  const counts = new Map<string, [Identity, number]>();
  for (const identity of identities) {
    if (identity === null) continue;
    const [known, count] = counts.get(keyOf(identity)) ?? [identity, 0];
    counts.set(keyOf(identity), [known, count + 1]);
  }
  return [...counts.values()];
}

function hasFirstName({ parts }: Identity): boolean {
  return parts[0] !== null;
}

function isName(part: Part): part is Name {
  return typeof part === "object" && part !== null;
}

function readIdentity({ fields }: Shown): Identity | null {
  const record = new Map(fields);
  const kind = identityKind(record);
  const group = IDENTITY_GROUPS.find(([one]) => one === kind)?.[1] ?? [];
  if (kind === null) return null;
  const parts = PARTS.map((names) => {
    const name = names.find((one) => group.includes(one));
    return name === undefined ? null : readPart(name, record);
  });
  return { kind, parts };
}

/** Reads a value; null, 0, a boolean, a list, or a text that folds to nothing says nothing. */
function readPart(name: string, record: ReadonlyMap<string, Value>): Part {
  const value = record.get(name);
  if (typeof value === "number") return value || null;
  if (typeof value !== "string") return null;
  const words = spellings(value);
  const plain = words.map(([one]) => one).join(" ");
  const isCut = name === FILE_FIRST_NAME && Array.from(value).length === CUT_SIZE;
  return words.length > 0 ? { plain, words, isCut } : null;
}

function relate(one: Identity, other: Identity): Relation {
  const comparisons = one.parts.map((part, at) => {
    const counterpart = other.parts[at] ?? null;
    if (part !== null && counterpart !== null) return compare(part, counterpart, at === 0);
    return part === counterpart ? "equal" : "open";
  });
  if (comparisons.includes("different")) return "different";
  const isOpen = one.kind !== other.kind || !hasFirstName(one) || !hasFirstName(other);
  return isOpen || comparisons.includes("open") ? "open" : "same";
}

function compare(one: Part, other: Part, isFirst: boolean): Comparison {
  if (!isName(one) || !isName(other)) return one === other ? "equal" : "different";
  if (one.plain === other.plain) return "equal";
  if (isFirst && (begins(one, other) || begins(other, one))) return "open";
  return areSpelledAlike(one.words, other.words) ? "open" : "different";
}

/** Returns whether a first name begins another: all its words, or what was left of it. */
function begins(one: Name, other: Name): boolean {
  if (one.isCut && other.plain.startsWith(one.plain)) return true;
  return (
    one.words.length <= other.words.length &&
    one.words.every((word, at) => word.some((form) => other.words[at]?.includes(form)))
  );
}

/**
 * Returns whether two names can be spelled the same, without what separates their words.
 *
 * Of each word the plain or the wide form is taken. Words are taken from the name of which less
 * is spelled so far; what one name is ahead of the other is all that must be known.
 */
function areSpelledAlike(one: readonly Spelling[], other: readonly Spelling[]): boolean {
  const seen = new Set<string>();
  const pending: [at: number, counterAt: number, ahead: string, behind: string][] = [[0, 0, "", ""]];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const [at, counterAt, ahead, behind] = state;
    const key = state.join(" ");
    if (seen.has(key)) continue;
    seen.add(key);
    if (!ahead && !behind && at === one.length && counterAt === other.length) return true;
    const forms = ahead ? other[counterAt] : one[at];
    for (const form of new Set(forms ?? [])) {
      const [longer, shorter] = ahead ? [ahead, form] : [form, behind];
      const size = Math.min(longer.length, shorter.length);
      if (longer.slice(0, size) !== shorter.slice(0, size)) continue;
      const used = ahead ? ([at, counterAt + 1] as const) : ([at + 1, counterAt] as const);
      pending.push([...used, longer.slice(size), shorter.slice(size)]);
    }
  }
  return false;
}
