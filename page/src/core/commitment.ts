/**
 * Records: what is shown of one, held against the commitment of its entry.
 *
 * ```text
 * disclosure   base64url( JSON ["<base64url of the salt>",name,value] )
 * digest       SHA-256(the disclosure, as ASCII)
 * commitment   SHA-256("provenance/commitment/v1\n" || digests and decoys, ascending)
 * ```
 *
 * Source: docs/formats.md sections 4 and 5; RFC 9901 sections 4.2.1 and 4.2.3.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, join, toHex, toUtf8 } from "./bytes.ts";
import { decodeBase64url } from "./encoding.ts";
import { FormatError, VerificationError } from "./errors.ts";
import { type Json, parseJson } from "./json.ts";
import type { Scalar, Value } from "./types.ts";

export const DIGESTS_MULTIPLE = 32;
export const SOURCE = "source";
/** Fields that no proof shows: the holder's national number. */
export const NEVER_DISCLOSED = "identificationTitulaire.identifiantNational.nir";

const SALT_SIZE = 18;
const NAME = /^(?!_sd$)[A-Za-z_][A-Za-z0-9_.]*$/;

/** A record's fields, or those of them that are shown. */
export type ShownRecord = Map<string, Value>;

interface Disclosure {
  name: string;
  value: Value;
  /** Hexadecimal. */
  digest: string;
}

/** Gives the commitment (32 bytes) to what is shown and what is hidden, and the fields shown. */
export function recompute(
  disclosures: readonly string[],
  hidden: readonly Uint8Array[],
): { commitment: Uint8Array; record: ShownRecord } {
  const parsed = disclosures.map(parseDisclosure);
  const digests = [...hidden.map(toHex), ...parsed.map(({ digest }) => digest)];
  if (digests.length === 0 || digests.length % DIGESTS_MULTIPLE) {
    throw new VerificationError(`${digests.length} digests: not a multiple of ${DIGESTS_MULTIPLE}`);
  }
  const record = new Map(parsed.map(({ name, value }) => [name, value]));
  if (record.size !== parsed.length) throw new VerificationError("one name disclosed twice");
  if (new Set(digests).size !== digests.length) throw new VerificationError("one digest twice");
  const ascending = fromHex(digests.sort().join(""));
  return { commitment: sha256(join("provenance/commitment/v1\n", ascending)), record };
}

function parseDisclosure(text: string): Disclosure {
  const triple = parseJson(decodeBase64url(text), "disclosure");
  if (!Array.isArray(triple) || triple.length !== 3) throw new FormatError("malformed disclosure");
  const [salt = null, name = null, value = null] = triple;
  if (typeof salt !== "string" || decodeBase64url(salt).length !== SALT_SIZE) {
    throw new FormatError("malformed disclosure: salt of another size");
  }
  if (!isName(name)) throw new FormatError("malformed disclosure: name");
  return { name, value: readValue(value), digest: toHex(sha256(toUtf8(text))) };
}

/** Tells whether a JSON value is the name of a field. */
export function isName(value: Json): value is string {
  return typeof value === "string" && NAME.test(value);
}

/** Reads the value of a field: a scalar, or a list of flat objects; throws `FormatError`. */
export function readValue(value: Json): Value {
  return Array.isArray(value) ? value.map(readMembers) : readScalar(value);
}

function readMembers(value: Json): Record<string, Scalar> {
  if (!(value instanceof Map) || ![...value.keys()].every(isName)) {
    throw new FormatError("expected an object of named values");
  }
  // No name is a number, so the object keeps their order; a member __proto__ is one like others.
  return Object.fromEntries([...value].map(([name, one]) => [name, readScalar(one)]));
}

function readScalar(value: Json): Scalar {
  if (value !== null && typeof value === "object") throw new FormatError("expected a single value");
  return value;
}
