/**
 * Strict encodings: a value has one spelling, and every other one is refused.
 *
 * Sources: RFC 4648 sections 4 and 5 (base64, base64url); docs/formats.md section 1.
 */

import { fromUtf8, hasLoneSurrogate } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** Characters, or bytes, of the longest note or policy that is read. */
export const TEXT_SIZE_MAX = 1_000_000;

/** What counts as white space in names: Unicode's White_Space and the separators U+001C to 1F. */
export const WHITE_SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** The value of each character, by its code; the same for all that are none. */
const NO_DIGIT = 64;
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = ALPHABET.indexOf(String.fromCharCode(code));
  return digit < 0 ? NO_DIGIT : digit;
});
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;
// Control characters are what this looks for.
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

/** Decodes base64 with padding (RFC 4648 section 4); throws `FormatError`. */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4) throw new FormatError("malformed base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decodeDigits(text.slice(0, text.length - padding), "malformed base64");
}

/** Decodes base64url without padding (RFC 4648 section 5); throws `FormatError`. */
export function decodeBase64url(text: string): Uint8Array {
  if (/[+/]/.test(text)) throw new FormatError("malformed base64url");
  const digits = text.replaceAll("-", "+").replaceAll("_", "/");
  return decodeDigits(digits, "malformed base64url");
}

/** Decodes digits of six bits; what is left over after the last whole byte must be zero. */
function decodeDigits(digits: string, problem: string): Uint8Array {
  const data = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let [at, value, bits] = [0, 0, 0];
  for (let from = 0; from < digits.length; from++) {
    const digit = DIGITS[digits.charCodeAt(from)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) throw new FormatError(problem);
    value = ((value << 6) | digit) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at++] = (value >> bits) & 0xff;
    }
  }
  if (bits >= 6 || value & ((1 << bits) - 1)) throw new FormatError(problem);
  return data;
}

/** Encodes as base64 with padding. */
export function encodeBase64(data: Uint8Array): string {
  const groups: string[] = [];
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(at, at + 3);
    const value = (a << 16) | (b << 8) | c;
    const digits = [18, 12, 6, 0].map((shift) => ALPHABET[(value >> shift) & 63]);
    groups.push(digits.join(""));
  }
  const missing = (3 - (data.length % 3)) % 3;
  const text = groups.join("");
  return text.slice(0, text.length - missing) + "=".repeat(missing);
}

/** Encodes as base64url without padding. */
export function encodeBase64url(data: Uint8Array): string {
  return encodeBase64(data).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

/** Decodes base64 that must hold exactly `size` bytes; throws `FormatError`. */
export function decodeFixed(text: string, size: number): Uint8Array {
  const data = decodeBase64(text);
  if (data.length !== size) {
    throw new FormatError(`expected ${size} bytes of base64, got ${data.length}`);
  }
  return data;
}

/** Decodes hashes of 32 bytes each; throws `FormatError`. */
export function decodeHashes(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => decodeFixed(text, 32));
}

/** Parses an unsigned decimal below 2^64; throws `FormatError`. */
export function parseDecimal(text: string): bigint {
  const value = DECIMAL.test(text) ? BigInt(text) : -1n;
  if (value < 0n || value >= 1n << 64n) throw new FormatError("malformed decimal");
  return value;
}

/**
 * Returns text in UTF-8 without control characters below U+0020 other than newlines.
 *
 * `what` names the object in the error. Throws `FormatError`.
 */
export function decodeText(text: string | Uint8Array, what: string): string {
  if (countCharacters(text) > TEXT_SIZE_MAX) throw new FormatError(`malformed ${what}: too long`);
  let decoded: string;
  try {
    decoded = typeof text === "string" ? text : fromUtf8(text);
  } catch {
    throw new FormatError(`malformed ${what}: not UTF-8`);
  }
  if (hasLoneSurrogate(decoded)) throw new FormatError(`malformed ${what}: not UTF-8`);
  if (CONTROL.test(decoded)) throw new FormatError(`malformed ${what}: control characters`);
  return decoded;
}

/** Counts bytes, or the characters of a text: a pair of surrogates is one character. */
function countCharacters(text: string | Uint8Array): number {
  if (typeof text !== "string" || text.length <= TEXT_SIZE_MAX) return text.length;
  if (text.length > 2 * TEXT_SIZE_MAX) return text.length;
  return Array.from(text).length;
}
