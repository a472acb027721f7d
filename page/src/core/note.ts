/**
 * Signed notes and verifier keys (C2SP signed-note).
 *
 * ```text
 * <text>
 *
 * — <key name> <base64( 4-byte key id || signature )>
 * ```
 *
 * A note is split at its last empty line. Signatures by unknown keys are passed over; one by a
 * known key that fails refuses the whole note. Source: docs/formats.md section 7.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bigEndian, join, toHex, toUtf8 } from "./bytes.ts";
import { cosignatureMessage, subtreeMessage } from "./checkpoint.ts";
import { decodeBase64, decodeText, encodeBase64, WHITE_SPACE } from "./encoding.ts";
import { FormatError, isRefusal, SignatureError } from "./errors.ts";
import { checkEd25519Key, checkP256Key, isEd25519, isMlDsa44, isP256 } from "./signatures.ts";

export const ED25519 = 0x01;
export const ECDSA = 0x02;
export const COSIGNATURE = 0x04;
export const MLDSA44 = 0x06;

const KEY_ID_SIZE = 4;
const TIME_SIZE = 8;
const SIGNATURE_LINES_MAX = 100;
const MLDSA44_PUBLIC_SIZE = 1312;
const SIGNATURE_SIZES = new Map([
  [ED25519, 64],
  [COSIGNATURE, TIME_SIZE + 64],
  [MLDSA44, TIME_SIZE + 2420],
]);
const LINE = new RegExp(`^— ([^${WHITE_SPACE}]+) ([A-Za-z0-9+/]+={0,2})$`, "u");
const KEY_NAME = new RegExp(`^[^+${WHITE_SPACE}]+$`, "u");

/** A public key with its name; `vkey` is how it is written, and no two keys are written alike. */
export interface VerifierKey {
  vkey: string;
  name: string;
  /** Hexadecimal. */
  keyId: string;
  kind: number;
  publicKey: Uint8Array;
}

export interface SignatureLine {
  name: string;
  /** Hexadecimal. */
  keyId: string;
  data: Uint8Array;
}

/** A signature that was verified, and the POSIX seconds that it states, if any. */
export interface VerifiedSignature {
  key: VerifierKey;
  timeS: bigint | null;
}

/** Parses `name+<8 hex of key id>+base64(type || public key)`; throws `FormatError`. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const [, name = "", keyId = "", encoded = ""] =
    /^([^+]*)\+([^+]*)\+(.*)$/su.exec(decodeText(vkey, "verifier key")) ?? [];
  const [kind = -1, ...rest] = decodeBase64(encoded);
  const publicKey = Uint8Array.from(rest);
  checkName(name);
  checkPublicKey(kind, publicKey);
  if (computeKeyId(name, kind, publicKey) !== keyId) {
    throw new FormatError("malformed verifier key");
  }
  return { vkey, name, keyId, kind, publicKey };
}

function checkName(name: string): void {
  if (!KEY_NAME.test(decodeText(name, "key name"))) throw new FormatError("malformed key name");
}

function checkPublicKey(kind: number, publicKey: Uint8Array): void {
  if (kind === ECDSA) return checkP256Key(publicKey);
  if (kind === ED25519 || kind === COSIGNATURE) return checkEd25519Key(publicKey);
  if (kind !== MLDSA44 || publicKey.length !== MLDSA44_PUBLIC_SIZE) {
    throw new FormatError("unknown key type, or a public key of another size");
  }
}

function computeKeyId(name: string, kind: number, publicKey: Uint8Array): string {
  const named = kind === ECDSA ? publicKey : join(name, "\n", Uint8Array.of(kind), publicKey);
  return toHex(sha256(named).subarray(0, KEY_ID_SIZE));
}

/** Splits a note into its text and its signature lines, verifying nothing. */
export function splitNote(note: string): { text: string; lines: SignatureLine[] } {
  const decoded = decodeText(note, "note");
  const at = decoded.lastIndexOf("\n\n");
  const tail = decoded.slice(at + 2);
  if (at < 0 || !tail.endsWith("\n")) throw new FormatError("malformed note");
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > SIGNATURE_LINES_MAX) {
    throw new FormatError(`malformed note: more than ${SIGNATURE_LINES_MAX} signature lines`);
  }
  return { text: decoded.slice(0, at + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): SignatureLine {
  const [, name = "", encoded = ""] = LINE.exec(line) ?? [];
  if (name === "") throw new FormatError("malformed signature line");
  checkName(name);
  const data = decodeBase64(encoded);
  if (data.length <= KEY_ID_SIZE) throw new FormatError("malformed signature line");
  const keyId = toHex(data.subarray(0, KEY_ID_SIZE));
  return { name, keyId, data: data.subarray(KEY_ID_SIZE) };
}

/**
 * Verifies a note under those of its signatures whose key is known, and gives these.
 *
 * Throws `FormatError` for what is no note, `SignatureError` when a known key's signature
 * fails or stands there twice, when none is known, and for two keys of one name and id.
 */
export function openNote(note: string, keys: readonly VerifierKey[]): VerifiedSignature[] {
  const { text, lines } = splitNote(note);
  const known = new Map<string, VerifierKey>();
  for (const key of keys) {
    const other = known.get(keyOf(key)) ?? key;
    if (other.vkey !== key.vkey) throw new SignatureError(`two keys named ${key.name} have one id`);
    known.set(keyOf(key), key);
  }
  const verified = new Map<string, VerifiedSignature>();
  for (const line of lines) {
    const key = known.get(keyOf(line));
    if (key === undefined) continue;
    if (verified.has(key.vkey)) throw new SignatureError(`two signatures by ${key.name}`);
    verified.set(key.vkey, { key, timeS: verifySignature(key, text, line.data) });
  }
  if (verified.size === 0) throw new SignatureError("no signature by a known key");
  return [...verified.values()];
}

/** Joins name and id into one string; no name has a space. */
export function keyOf(one: { name: string; keyId: string }): string {
  return `${one.name} ${one.keyId}`;
}

/** Verifies a signature over a note's text; gives the time that it states, if any. */
function verifySignature(key: VerifierKey, text: string, signature: Uint8Array): bigint | null {
  const wrong = new SignatureError(`the signature by ${key.name} is wrong`);
  if (key.kind === ECDSA) {
    if (!isP256(key.publicKey, signature, toUtf8(text))) throw wrong;
    return null;
  }
  if (signature.length !== SIGNATURE_SIZES.get(key.kind)) throw wrong;
  if (key.kind === ED25519) {
    if (!isEd25519(key.publicKey, signature, toUtf8(text))) throw wrong;
    return null;
  }
  const timeS = bigEndian(signature.subarray(0, TIME_SIZE));
  if (!isTimed(key, text, timeS, signature.subarray(TIME_SIZE))) throw wrong;
  return timeS;
}

function isTimed(key: VerifierKey, text: string, timeS: bigint, signature: Uint8Array): boolean {
  try {
    return key.kind === COSIGNATURE
      ? isEd25519(key.publicKey, signature, cosignatureMessage(text, timeS))
      : isMlDsa44(key.publicKey, signature, subtreeMessage(text, key.name, timeS));
  } catch (error) {
    if (isRefusal(error)) return false; // A text or a time that no such signature is made for.
    throw error;
  }
}

/** Writes a key as it is read by `parseVerifierKey`. */
export function formatVerifierKey(name: string, kind: number, publicKey: Uint8Array): string {
  const encoded = encodeBase64(join(Uint8Array.of(kind), publicKey));
  return `${name}+${computeKeyId(name, kind, publicKey)}+${encoded}`;
}
