/**
 * Comparing names of persons: without case, accents and punctuation, by a fixed table.
 *
 * What a letter becomes is said by `fold-1.txt` alone, which is published and never changes, so
 * that every browser and the other implementation fold alike. A line of it is a code point, two
 * of them together, which come before one alone (`0075+0308`), or a range (`0300-0344`), and
 * the plain spelling, with a wide one where a second is customary; `-` vanishes, `_` separates.
 * Source: docs/formats.md section 23.
 */

import TABLE from "../../../docs/fold-1.txt";

/** The plain and the wide form of a word; often they are equal. */
export type Spelling = readonly [plain: string, wide: string];

interface Span {
  first: number;
  last: number;
  spelled: string;
}

/** Single characters and pairs, and ranges in ascending order. */
const SINGLE = new Map<string, Spelling>();
const RANGES: Span[] = [];

for (const line of TABLE.trimEnd().split("\n")) {
  const [codes = "", plain = "", wide = plain] = line.split(" ");
  const [first = 0, last] = codes.split(/[+-]/).map((code) => Number.parseInt(code, 16));
  if (last !== undefined && codes.includes("-")) RANGES.push({ first, last, spelled: plain });
  else SINGLE.set(String.fromCodePoint(first, ...(last === undefined ? [] : [last])), [plain, wide]);
}

/** Returns the plain form of a name, in which two spellings of one name are equal. */
export function fold(name: string): string {
  return spellings(name)
    .map(([plain]) => plain)
    .join(" ");
}

/** Returns the plain and the wide form of each word of a name. */
export function spellings(name: string): Spelling[] {
  const characters = Array.from(name);
  const words: Spelling[] = [];
  let [plain, wide] = ["", ""];
  for (let at = 0; at < characters.length; at += 1) {
    const one = characters[at] ?? "";
    const pair = SINGLE.get(one + (characters[at + 1] ?? " "));
    if (pair !== undefined) at += 1;
    const spelled = pair ?? spell(one);
    if (spelled[0] === "_") {
      if (plain) words.push([plain, wide]);
      [plain, wide] = ["", ""];
    } else if (spelled[0] !== "-") {
      plain += spelled[0];
      wide += spelled[1];
    }
  }
  if (plain) words.push([plain, wide]);
  return words;
}

function spell(character: string): Spelling {
  const single = SINGLE.get(character);
  if (single !== undefined) return single;
  const code = character.codePointAt(0) ?? 0;
  const range = RANGES.find(({ first, last }) => first <= code && code <= last);
  return range === undefined ? [character, character] : [range.spelled, range.spelled];
}
