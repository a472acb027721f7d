import * as asn1js from "asn1js";
import { refuse } from "../errors.ts";

/** A signature with its certificates and stamps is far smaller; the bounds hold against bombs. */
const LIMITS = { maxDepth: 64, maxNodes: 20_000 };
const DEPTH_MAX = 32;

/** Parse bytes that are exactly one DER value. */
export function parseDer(
  bytes: Uint8Array,
  what: string,
  sizeMax = Number.POSITIVE_INFINITY,
): asn1js.AsnType {
  if (bytes.length > sizeMax) refuse(`${what} has more than ${sizeMax} bytes`);
  checkDer(bytes, what);
  const { offset, result } = asn1js.fromBER(Uint8Array.from(bytes).buffer, LIMITS);
  if (offset !== bytes.length || result.error) refuse(`${what} cannot be read`);
  return result;
}

/**
 * Check that bytes are exactly one DER element, and that the elements in it fill it: decoders pass
 * over what stands behind the last member that they expect, and here nothing can be hidden there
 * (ITU-T X.690, sections 8.1 and 10.1).
 */
function checkDer(data: Uint8Array, what: string): void {
  const waiting: [number, number, number][] = [[0, data.length, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [start, end, depth] = next;
    let count = 0;
    for (let at = start; at < end; count++) {
      const [tag, inner, behind] = readElement(data, at, end, what);
      if (tag & 0x20) waiting.push([inner, behind, depth + 1]);
      at = behind;
    }
    if (depth > DEPTH_MAX || (depth === 0 && count !== 1)) refuse(`${what} is no DER`);
  }
}

/** An element's tag, where its content begins, and where it ends. */
function readElement(
  data: Uint8Array,
  start: number,
  end: number,
  what: string,
): [number, number, number] {
  const tag = data[start]!;
  let at = start + 2;
  if (tag === 0 || (tag & 0x1f) === 0x1f || at > end) refuse(`${what} is no DER`);
  let size = data[start + 1]!;
  if (size & 0x80) {
    const written = data.subarray(at, at + size - 0x80);
    at += size - 0x80;
    size = written.reduce((sum, one) => sum * 256 + one, 0);
    if (written.length < 1 || written.length > 4 || at > end || size < 0x80 || written[0] === 0)
      refuse(`${what} is no DER`);
  }
  return at + size > end ? refuse(`${what} is no DER`) : [tag, at, at + size];
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export const bytesOf = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
