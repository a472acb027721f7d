/**
 * The proof bundle: everything that a stranger needs besides a trust policy.
 *
 * Its form and limits only; base64, entries and disclosures are strings here, so that what is
 * wrong can be said of the item that it is in. Source: docs/formats.md section 8.
 */

import { ascends } from "./entry.ts";
import { FormatError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { index, list, object, optional, text, type TypeOf, word } from "./schema.ts";

/** Bytes. */
export const BUNDLE_SIZE_MAX = 16 * 1024 * 1024;
const ITEMS = { max: 1000 };
const NOT_EMPTY = { min: 1, max: Infinity };

const hashes = list(text(), { max: 64 });
const provenEntry = object({
  entry: text(),
  signature: text(),
  path: hashes,
  hidden: optional(list(text(), NOT_EMPTY), []),
  disclosures: optional(list(text(), NOT_EMPTY), []),
});
const statusLeaf = object({ leaf: index, bits: text(), path: hashes });
const endorsementLink = object({ entry: index, certification: index, path: hashes });
const later = object({
  checkpoint: text(),
  proof: hashes,
  entries: list(provenEntry, ITEMS),
  status: list(statusLeaf, ITEMS),
});
const bundle = object({
  format: word("provenance-proof/1"),
  checkpoint: text(),
  entries: list(provenEntry, ITEMS),
  status: list(statusLeaf, ITEMS),
  endorsements: optional(list(endorsementLink, { min: 1, ...ITEMS }), []),
  timestamp: optional(text()),
  later: optional(later),
});

export type ProvenEntry = TypeOf<typeof provenEntry>;
export type StatusLeaf = TypeOf<typeof statusLeaf>;
export type EndorsementLink = TypeOf<typeof endorsementLink>;
export type Later = TypeOf<typeof later>;
export type Bundle = TypeOf<typeof bundle>;

/** Parses a bundle's structure, within its limits; throws `FormatError`. */
export function parseBundle(data: Uint8Array): Bundle {
  if (data.length > BUNDLE_SIZE_MAX) {
    throw new FormatError(`malformed proof bundle: more than ${BUNDLE_SIZE_MAX} bytes`);
  }
  const read = readBundle(data);
  const leaves = (list: StatusLeaf[]) => list.map((one) => one.leaf);
  checkAscends(leaves(read.status), "status leaves");
  checkAscends(leaves(read.later?.status ?? []), "later status leaves");
  checkAscends(
    read.endorsements.map((link) => link.certification),
    "endorsements",
  );
  return read;
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
