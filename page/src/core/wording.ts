/**
 * Names and titles that the log shows: text in which every character is seen.
 *
 * The list is fixed and asks no Unicode database, so that no two verifiers ever differ about
 * what is refused. Source: docs/formats.md section 3.
 */

import { type Read, refuse, text } from "./schema.ts";

/** First and last code points of the ranges that a name never holds. */
const REFUSED: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f], // control characters
  [0x7f, 0x9f], // control characters
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // marks of direction, here and below
  [0x200b, 0x200f], // no width
  [0x2028, 0x202e], // ends of lines and paragraphs
  [0x2060, 0x206f],
  [0xfeff, 0xfeff], // byte order mark
  [0xfff9, 0xffff], // annotations, and what stands for other characters
  [0xe0000, 0xe0fff], // tags and variation selectors
];

const SPACE = " ";

/** Text of 1 to `max` characters, none refused, no space at its ends and no two in a row. */
export function wording(max: number): Read<string> {
  return (value) => {
    const read = text()(value);
    const characters = Array.from(read, (one) => one.codePointAt(0) ?? 0);
    if (characters.length < 1 || characters.length > max) refuse(`1 to ${max} characters`);
    if (characters.some(isRefused)) refuse("only characters that are seen");
    if (read.startsWith(SPACE) || read.endsWith(SPACE) || read.includes(SPACE + SPACE)) {
      refuse("single spaces between words only");
    }
    return read;
  };
}

function isRefused(character: number): boolean {
  return REFUSED.some(([first, last]) => first <= character && character <= last);
}
