/**
 * Signatures: Ed25519 (RFC 8032), ML-DSA-44 (FIPS 204), ECDSA over P-256.
 *
 * Browsers and libraries differ in the Ed25519 signatures that they take: with or without the
 * cofactor, with points and numbers in a second spelling. A proof must not depend on who looks
 * at it. So the rule is written out here, the strictest one and that of OpenSSL: S is below the
 * order of the group, and R equals S·B − k·A in its one spelling. Nothing of it is left to
 * WebCrypto, whatever the browser has.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import { areEqual, fromHex, join, littleEndian, startsWith, toHex } from "./bytes.ts";
import { FormatError, SignatureError } from "./errors.ts";

export const ED25519_SIGNATURE_SIZE = 64;
const ED25519_PUBLIC_SIZE = 32;
const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const PRIME = Point.Fp.ORDER;
const Y_MASK = (1n << 255n) - 1n;
const ORDER_8_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** The y coordinates of the eight points whose order divides 8 (RFC 8032 section 5.1). */
const SMALL_ORDER_Y = new Set([0n, 1n, PRIME - 1n, ORDER_8_Y, PRIME - ORDER_8_Y]);

type KeyPoint = InstanceType<typeof Point>;
const POINTS_MAX = 64;
const WINDOW_FROM_USE = 4;
const WINDOW_BITS = 4;
interface KnownPoint {
  point: KeyPoint | null;
  uses: number;
}
const points = new Map<string, KnownPoint>();

/** What the DER of a P-256 key begins with (RFC 5480 section 2); X and Y follow. */
const P256_SPKI = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const P256_SPKI_SIZE = 91;

/**
 * Refuses an Ed25519 key that is not 32 bytes, not in its one spelling, no point of the curve,
 * or of small order: under those one signature would verify for many messages. Throws
 * `FormatError`.
 */
export function checkEd25519Key(key: Uint8Array): void {
  if (key.length !== ED25519_PUBLIC_SIZE) throw new FormatError("a public key of another size");
  const y = littleEndian(key) & Y_MASK;
  if (y >= PRIME || SMALL_ORDER_Y.has(y)) {
    throw new FormatError("Ed25519 public key not canonical, or of small order");
  }
  if (findPoint(key).point === null) {
    throw new FormatError("Ed25519 public key that is no point of the curve");
  }
}

/** Returns whether a key made a signature over a message (RFC 8032 section 5.1.7). */
export function isEd25519(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_SIZE) return false;
  const point = readPoint(key);
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (point === null || s >= ORDER) return false;
  const k = littleEndian(sha512(join(r, key, message))) % ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return areEqual(expected.toBytes(), r);
}

/**
 * Returns the point of a key that is verified under, or null where no point has that y.
 *
 * One key signs most entries of a bundle. From its fourth use on, multiples of it are kept,
 * which cost as much as some ten verifications and make each of them three times as fast.
 */
function readPoint(key: Uint8Array): KeyPoint | null {
  const known = findPoint(key);
  if (++known.uses === WINDOW_FROM_USE) known.point?.precompute(WINDOW_BITS);
  return known.point;
}

/** Decodes a key, or finds it among those that were decoded last. */
function findPoint(key: Uint8Array): KnownPoint {
  const name = toHex(key);
  const known = points.get(name) ?? { point: decodePoint(key), uses: 0 };
  if (points.size >= POINTS_MAX) points.clear();
  points.set(name, known);
  return known;
}

function decodePoint(key: Uint8Array): KeyPoint | null {
  try {
    return Point.fromBytes(key);
  } catch {
    return null;
  }
}

/** Checks that one of the keys signed; throws `SignatureError`. */
export function verifyByOne(
  keys: readonly Uint8Array[],
  signature: Uint8Array,
  message: Uint8Array,
): void {
  if (!keys.some((key) => isEd25519(key, signature, message))) {
    throw new SignatureError(`not signed by any of the ${keys.length} keys that may sign it`);
  }
}

/** Returns whether an ML-DSA-44 signature verifies, under the empty context. */
export function isMlDsa44(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  try {
    return ml_dsa44.verify(signature, message, key);
  } catch {
    return false;
  }
}

/** Refuses what is no uncompressed P-256 key on its curve (SPKI, DER); throws `FormatError`. */
export function checkP256Key(key: Uint8Array): void {
  if (key.length !== P256_SPKI_SIZE || !startsWith(key, P256_SPKI)) {
    throw new FormatError("the ECDSA public key is no uncompressed P-256 key");
  }
  try {
    p256.Point.fromBytes(p256Point(key));
  } catch {
    throw new FormatError("the ECDSA public key is not on its curve");
  }
}

/** Returns whether an ECDSA signature (DER, SHA-256) verifies under a checked P-256 key. */
export function isP256(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  const options = { format: "der", lowS: false, prehash: true } as const;
  try {
    return p256.verify(signature, message, p256Point(key), options);
  } catch {
    return false;
  }
}

function p256Point(key: Uint8Array): Uint8Array {
  return key.subarray(P256_SPKI.length - 1);
}
