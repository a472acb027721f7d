/**
 * The proof bundle: everything that a stranger needs besides a trust policy.
 *
 * Its form and limits only; base64, entries and disclosures are strings here, so that what is
 * wrong can be said of the item that it is in. Source: docs/formats.md section 8.
 */

import { DIGEST_CHARACTERS } from "./commitment.ts";
import { ascends } from "./entry.ts";
import { FormatError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { index, list, object, optional, type Read, text, type TypeOf, word } from "./schema.ts";
import { SLOT_COUNTS } from "./slots.ts";

/** Bytes. */
export const BUNDLE_SIZE_MAX = 16 * 1024 * 1024;
/** Characters of all disclosures together: a value in memory takes many times its bytes. */
const DISCLOSED_SIZE_MAX = 4 * 1024 * 1024;
const ITEMS = { max: 1000 };
const NEWLINE = 0x0a;

const hashes = list(text(), { max: 64 });
/** One string a slot, at least one of them longer than a digest: see `commitment.ts`. */
const record: Read<string[]> = (value) => {
  const slots = list(text())(value);
  if (!SLOT_COUNTS.includes(slots.length)) throw new FormatError("expected a record's slots");
  if (slots.every((slot) => characters(slot) === DIGEST_CHARACTERS)) {
    throw new FormatError("expected a record of which something is shown");
  }
  return slots;
};
const provenEntry = object({
  entry: text(),
  signature: text(),
  path: hashes,
  record: optional(record, []),
});
const statusLeaf = object({ leaf: index, bits: text(), path: hashes });
const endorsementLink = object({ entry: index, certification: index, path: hashes });
const sheetProof = object({ leaf: index, sheet: text(), path: hashes });
const shownRegister = object({ sheets: list(sheetProof, { min: 1, ...ITEMS }) });
const later = object({
  checkpoint: text(),
  proof: hashes,
  entries: list(provenEntry, ITEMS),
  status: list(statusLeaf, ITEMS),
  register: optional(shownRegister),
});
const bundle = object({
  format: word("provenance-proof/1"),
  checkpoint: text(),
  entries: list(provenEntry, ITEMS),
  status: list(statusLeaf, ITEMS),
  endorsements: optional(list(endorsementLink, { min: 1, ...ITEMS }), []),
  register: optional(shownRegister),
  timestamp: optional(text()),
  later: optional(later),
});

export type ProvenEntry = TypeOf<typeof provenEntry>;
export type StatusLeaf = TypeOf<typeof statusLeaf>;
export type EndorsementLink = TypeOf<typeof endorsementLink>;
export type ShownRegister = TypeOf<typeof shownRegister>;
export type Later = TypeOf<typeof later>;
export type Bundle = TypeOf<typeof bundle>;

/**
 * Parses a bundle's structure, within its limits; throws `FormatError`.
 *
 * One newline at its end, as editors write it, is passed over.
 */
export function parseBundle(data: Uint8Array): Bundle {
  const whole = data.at(-1) === NEWLINE ? data.subarray(0, -1) : data;
  if (whole.length > BUNDLE_SIZE_MAX) {
    throw new FormatError(`malformed proof bundle: more than ${BUNDLE_SIZE_MAX} bytes`);
  }
  const read = readBundle(whole);
  const shown = [...read.entries, ...(read.later?.entries ?? [])].flatMap((one) => one.record);
  const sizes = shown.map(characters).filter((size) => size !== DIGEST_CHARACTERS);
  if (sizes.reduce((sum, size) => sum + size, 0) > DISCLOSED_SIZE_MAX) {
    const most = `disclosures of more than ${DISCLOSED_SIZE_MAX} characters`;
    throw new FormatError(`malformed proof bundle: ${most}`);
  }
  const leaves = (list: readonly { leaf: number }[]) => list.map((one) => one.leaf);
  checkAscends(leaves(read.status), "status leaves");
  checkAscends(leaves(read.later?.status ?? []), "later status leaves");
  checkAscends(leaves(read.register?.sheets ?? []), "sheets");
  checkAscends(leaves(read.later?.register?.sheets ?? []), "later sheets");
  checkAscends(
    read.endorsements.map((link) => link.certification),
    "endorsements",
  );
  return read;
}

/** How many characters a text has: code points, of which some take two units. */
function characters(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

function readBundle(data: Uint8Array): Bundle {
  try {
    return bundle(parseJson(data, "proof bundle"));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const told = error.message.startsWith("malformed") ? "" : "malformed proof bundle: ";
    throw new FormatError(`${told}${error.message}`);
  }
}

function checkAscends(numbers: number[], what: string): void {
  if (!ascends(numbers)) throw new FormatError(`malformed proof bundle: ${what} do not ascend`);
}
