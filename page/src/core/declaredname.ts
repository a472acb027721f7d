/**
 * Which names a proof allows at the top of a CV.
 *
 * A name fits a certification where its words, in any order, are one or more of the first names
 * that the certification shows, and beside them its birth name, its usage name, or both.
 * Source: docs/formats.md section 16.
 */

import { fold } from "./identity.ts";
import type { Value } from "./types.ts";

const HOLDER = "identificationTitulaire";
const FIRST_NAMES = [
  `${HOLDER}.titulaire.prenom1`,
  `${HOLDER}.titulaire.prenom2`,
  `${HOLDER}.titulaire.prenom3`,
  `${HOLDER}.dossierFormation.prenom1Titulaire`,
];
const BIRTH_NAMES = [
  `${HOLDER}.titulaire.nomNaissance`,
  `${HOLDER}.dossierFormation.nomTitulaire`,
  `${HOLDER}.identifiantNational.nomNaissance`,
];
const USAGE_NAME = `${HOLDER}.titulaire.nomUsage`;
/** A text of several first names is parted before it is folded: `Jean-Pierre` is one. */
const PARTING = /[ ,]+/;
/** Code points of a name; a longer one never fits. */
const NAME_MAX = 1000;

type Fields = ReadonlyMap<string, Value>;
/** How often each word occurs. */
type Words = ReadonlyMap<string, number>;

/** Returns whether a name fits what a certification shows of its holder. */
export function fits(name: string, fields: Fields): boolean {
  if (Array.from(name).length > NAME_MAX) return false;
  const words = wordsOf(name);
  const firstNames = FIRST_NAMES.flatMap((field) => textOf(fields, field).split(PARTING))
    .map(wordsOf)
    .filter((one) => one.size > 0);
  const birth = BIRTH_NAMES.map((field) => wordsOf(textOf(fields, field)));
  const birthName = birth.find((one) => one.size > 0) ?? new Map();
  // Of a certification that shows a surname only, that is all that can be compared.
  if (firstNames.length === 0) return without(words, birthName) !== null;
  const usageName = wordsOf(textOf(fields, USAGE_NAME));
  return [[birthName], [usageName], [birthName, usageName]].some((surnames) =>
    isMadeOf(words, surnames, firstNames),
  );
}

/** Returns whether words are these surnames, and one or more of the first names. */
function isMadeOf(
  words: Words,
  surnames: readonly Words[],
  firstNames: readonly Words[],
): boolean {
  const first = surnames.reduce<Words | null>(
    (left, surname) => left && surname.size > 0 ? without(left, surname) : null,
    words,
  );
  return first !== null && areFirstNames(first, firstNames);
}

/** Returns whether words are one or more first names, each used at most as often as it is there. */
function areFirstNames(words: Words, firstNames: readonly Words[]): boolean {
  let [left, hasFirstName] = [words, false];
  // Those of several words first, so that none of their words is taken for another one.
  for (const isLong of [true, false]) {
    for (const one of firstNames) {
      const after: Words | null = count(one) > 1 === isLong ? without(left, one) : null;
      if (after === null) continue;
      [left, hasFirstName] = [after, true];
    }
  }
  return hasFirstName && left.size === 0;
}

/** Takes words away from others; null where they are not all there. */
function without(words: Words, taken: Words): Words | null {
  const left = new Map(words);
  for (const [word, times] of taken) {
    const rest = (left.get(word) ?? 0) - times;
    if (rest < 0) return null;
    if (rest === 0) left.delete(word);
    else left.set(word, rest);
  }
  return left;
}

function count(words: Words): number {
  return [...words.values()].reduce((sum, times) => sum + times, 0);
}

function wordsOf(name: string): Words {
  const words = new Map<string, number>();
  for (const word of fold(name).split(" ").filter(Boolean)) {
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

function textOf(fields: Fields, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
