/** Bytes: joined, compared, as text and as numbers. */

import { FormatError } from "./errors.ts";

// A byte order mark is a character like any other here: whoever signs text signs all of it.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Returns whether text holds half a surrogate pair, which has no UTF-8. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Encodes text as UTF-8; throws `FormatError` for text that has none. */
export function toUtf8(text: string): Uint8Array {
  if (hasLoneSurrogate(text)) throw new FormatError("not UTF-8");
  return encoder.encode(text);
}

/** Decodes UTF-8; throws `FormatError` for other bytes. */
export function fromUtf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new FormatError("not UTF-8");
  }
}

/** Joins bytes and the UTF-8 of texts. */
export function join(...parts: (Uint8Array | string)[]): Uint8Array {
  const all = parts.map((part) => (typeof part === "string" ? toUtf8(part) : part));
  const joined = new Uint8Array(all.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Returns whether two byte strings are the same. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Returns whether `data` begins with `start`. */
export function startsWith(data: Uint8Array, start: Uint8Array): boolean {
  return areEqual(data.subarray(0, start.length), start);
}

/** Returns bytes as lower-case hexadecimal digits. */
export function toHex(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += HEX[byte];
  return text;
}

/** Reads hexadecimal digits that this program wrote itself. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Writes an unsigned number of 64 bits, big-endian. */
export function u64(value: bigint | number): Uint8Array {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
}

/** Reads bytes as an unsigned number, big-endian. */
export function bigEndian(data: Uint8Array): bigint {
  return data.length === 0 ? 0n : BigInt(`0x${toHex(data)}`);
}

/** Reads bytes as an unsigned number, little-endian. */
export function littleEndian(data: Uint8Array): bigint {
  return bigEndian(data.slice().reverse());
}
