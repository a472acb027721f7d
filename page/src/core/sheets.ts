/**
 * Sheets of the national register, as an entry of type `register` commits to them.
 *
 * ```text
 * {"code":"RNCP34762","title":"…","level":5,"kind":"by-right","from":"2020-07-01",
 *  "until":"2025-07-01"}
 * ```
 *
 * The root of an entry is the one over the bytes of all sheets, ascending by code. Source:
 * docs/formats.md section 3.
 */

import { FormatError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { day, list, object, optional, type Read, refuse, text, type TypeOf, word } from "./schema.ts";
import { wording } from "./wording.ts";

const TITLE_MAX = 1000;
const CODES_MAX = 100;
const LEVEL_MAX = 8;

const code = text(/^(?:RNCP|RS)[0-9]{1,6}$/);
const level: Read<number> = (value) =>
  typeof value === "number" && value >= 1 && value <= LEVEL_MAX
    ? value
    : refuse(`a level of 1 to ${LEVEL_MAX}`);
const codes: Read<string[]> = (value) => {
  const read = list(code, { min: 1, max: CODES_MAX })(value);
  // The codes are ASCII, so their order as strings is that of their bytes.
  const ascend = read.every((one, at) => at === 0 || (read[at - 1] ?? "") < one);
  return ascend ? read : refuse("codes that ascend");
};

const sheet = object({
  code,
  title: wording(TITLE_MAX),
  level: optional(level),
  kind: optional(word("by-right", "on-request")),
  from: optional(day),
  until: optional(day),
  deliver_until: optional(day),
  replaces: optional(codes),
  replaced_by: optional(codes),
});

export type Sheet = TypeOf<typeof sheet>;

/** Parses a sheet in its one spelling; throws `FormatError`. */
export function parseSheet(data: string): Sheet {
  try {
    return sheet(parseJson(data, "sheet"));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`malformed sheet of the register: ${error.message}`);
  }
}
