/**
 * Records: what is shown of one, held against the commitment of its entry.
 *
 * ```text
 * disclosure   base64url( JSON ["<base64url of the salt>",name,value] )
 * digest       SHA-256(the disclosure, as ASCII)
 * commitment   SHA-256("provenance/commitment/v1\n" || slot 0 || slot 1 || …)
 * ```
 *
 * A slot is the digest of what is disclosed in it, or the 32 bytes given in its place: the
 * digest of a field that stays hidden, or a decoy. Source: docs/formats.md sections 4, 5 and 8;
 * RFC 9901 sections 4.2.1 and 4.2.3.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { join, toUtf8 } from "./bytes.ts";
import { decodeBase64url } from "./encoding.ts";
import { FormatError, VerificationError } from "./errors.ts";
import { type Json, parseJson } from "./json.ts";
import type { SlotTable } from "./slots.ts";
import type { Scalar, Value } from "./types.ts";

/** Characters of a digest in base64url; a disclosure is longer. */
export const DIGEST_CHARACTERS = 43;
export const SOURCE = "source";
/** Fields that no proof shows: the holder's national number. */
export const NEVER_DISCLOSED = "identificationTitulaire.identifiantNational.nir";

const DIGEST_SIZE = 32;
const SALT_SIZE = 18;
const NAME = /^(?!_sd$)[A-Za-z_][A-Za-z0-9_.]*$/;

/** What is shown of a record. */
export interface ShownRecord {
  /** Fields whose names the table knows, in the order of their slots. */
  fields: ReadonlyMap<string, Value>;
  /** How many fields are shown whose names the table does not know. */
  unknown: number;
}

interface Disclosure {
  name: string;
  value: Value;
}

/**
 * Reads the `record` list of a bundle, one string a slot, and computes its commitment (32 bytes).
 *
 * Throws `VerificationError` or `FormatError` for a list that no record of this table has.
 */
export function readRecord(
  record: readonly string[],
  table: SlotTable,
): { commitment: Uint8Array; shown: ShownRecord } {
  if (record.length !== table.count) {
    throw new VerificationError(`${record.length} slots, expected ${table.count}`);
  }
  const fields = new Map<string, Value>();
  const strangers = new Set<string>();
  const digests = record.map((text, slot) => {
    if (text.length === DIGEST_CHARACTERS) return readDigest(text);
    const { name, value } = parseDisclosure(text);
    checkPlace(name, slot, table);
    if (fields.has(name) || strangers.has(name)) {
      throw new VerificationError("one name is disclosed twice");
    }
    if (table.slotOf.has(name)) fields.set(name, value);
    else strangers.add(name);
    return sha256(toUtf8(text));
  });
  const commitment = sha256(join("provenance/commitment/v1\n", ...digests));
  return { commitment, shown: { fields, unknown: strangers.size } };
}

function readDigest(text: string): Uint8Array {
  const digest = decodeBase64url(text);
  if (digest.length !== DIGEST_SIZE) throw new FormatError("malformed digest of a slot");
  return digest;
}

/** Checks that a name may be in a slot: a known one in its own, another where it is open. */
function checkPlace(name: string, slot: number, table: SlotTable): void {
  const own = table.slotOf.get(name);
  if (own === undefined ? table.closed.has(slot) : own !== slot) {
    throw new VerificationError(`a field is disclosed in slot ${slot}, where it cannot be`);
  }
}

function parseDisclosure(text: string): Disclosure {
  const triple = parseJson(decodeBase64url(text), "disclosure");
  if (!Array.isArray(triple) || triple.length !== 3) throw new FormatError("malformed disclosure");
  const [salt = null, name = null, value = null] = triple;
  if (typeof salt !== "string" || decodeBase64url(salt).length !== SALT_SIZE) {
    throw new FormatError("malformed disclosure: salt of another size");
  }
  if (!isName(name)) throw new FormatError("malformed disclosure: name");
  return { name, value: readValue(value) };
}

/** Returns whether a JSON value is the name of a field. */
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
