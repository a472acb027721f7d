import * as asn1js from "asn1js";
import { refuse } from "../errors.ts";

/** A signature with its certificates and stamps is far smaller; the bounds hold against bombs. */
const LIMITS = { maxDepth: 64, maxNodes: 20_000 };

/** Parse one DER value; behind it nothing may follow, or only zeros where `padded`. */
export function parseDer(bytes: Uint8Array, what: string, sizeMax = Number.POSITIVE_INFINITY, padded = false): asn1js.AsnType {
  if (bytes.length > sizeMax) refuse(`${what} has more than ${sizeMax} bytes`);
  const { offset, result } = asn1js.fromBER(Uint8Array.from(bytes).buffer, LIMITS);
  if (offset < 0 || result.error) refuse(`${what} cannot be read`);
  const rest = bytes.subarray(offset);
  if (padded ? rest.some((one) => one !== 0) : rest.length > 0) refuse(`something stands behind ${what}`);
  return result;
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export const bytesOf = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
