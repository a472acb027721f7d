import type { AlgorithmIdentifier, PublicKeyInfo } from "pkijs";
import * as asn1js from "asn1js";
import { refuse } from "../errors.ts";
import { bytesOf, equalBytes } from "./der.ts";

/** Digest algorithms, by their identifiers, as WebCrypto names them. */
const DIGESTS: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const OID = {
  rsa: "1.2.840.113549.1.1.1",
  mgf1: "1.2.840.113549.1.1.8",
  pss: "1.2.840.113549.1.1.10",
  ecKey: "1.2.840.10045.2.1",
};
/** Signature algorithms that name their digest; SHA-1 and older ones prove nothing. */
const RSA_WITH: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.11": "SHA-256",
  "1.2.840.113549.1.1.12": "SHA-384",
  "1.2.840.113549.1.1.13": "SHA-512",
};
const ECDSA_WITH: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
};
const CURVES: Readonly<Record<string, { name: string; size: number }>> = {
  "1.2.840.10045.3.1.7": { name: "P-256", size: 32 },
  "1.3.132.0.34": { name: "P-384", size: 48 },
};
const DIGEST_SIZES: Readonly<Record<string, number>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};
/** Bits of an RSA key; a longer one would cost whoever verifies minutes. */
const RSA_BITS = { min: 2048, max: 8192 };
const RSA_EXPONENT = Uint8Array.of(1, 0, 1);
const UNCOMPRESSED = 4;

type Scheme = "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "ECDSA";

/** How a signature was made; `hash` is as WebCrypto names it. */
interface Made {
  scheme: Scheme;
  hash: string;
}

/** The digest that an identifier names, as WebCrypto names it; raises `RefusedError`. */
export function digestOf({ algorithmId, algorithmParams }: AlgorithmIdentifier): string {
  const digest = DIGESTS[algorithmId];
  return (isNone(algorithmParams) && digest) || refuse("a hash is used that is not accepted");
}

/** Parameters that mean nothing are NULL or absent. */
function isNone(parameters: unknown): boolean {
  return parameters === undefined || parameters instanceof asn1js.Null;
}

/**
 * Whether `signature` over `data` holds, by a key and in a way that are accepted (docs/formats.md
 * section 18); `hash` is the digest named beside it in a CMS. Raises `RefusedError` for
 * other keys and other ways.
 */
export async function verifySignature(
  data: Uint8Array,
  signature: Uint8Array,
  key: PublicKeyInfo,
  algorithm: AlgorithmIdentifier,
  hash: string | null = null,
): Promise<boolean> {
  const made = readAlgorithm(algorithm, hash);
  if (hash !== null && made.hash !== hash) refuse("a signature names two hash algorithms");
  const spki = key.toSchema().toBER();
  const plain = Uint8Array.from(data);
  const { subtle } = crypto;
  if (made.scheme === "ECDSA") {
    const { name, size } = readCurve(key);
    const raw = readEcdsa(signature, size);
    if (raw === null) return false;
    const kind = { name: "ECDSA", namedCurve: name };
    const imported = await subtle.importKey("spki", spki, kind, false, ["verify"]);
    return subtle.verify({ name: "ECDSA", hash: made.hash }, imported, raw, plain);
  }
  checkRsaKey(key);
  const kind = { name: made.scheme, hash: made.hash };
  const imported = await subtle.importKey("spki", spki, kind, false, ["verify"]);
  const how = { name: made.scheme, saltLength: DIGEST_SIZES[made.hash] ?? 0 };
  return subtle.verify(how, imported, Uint8Array.from(signature), plain);
}

function readAlgorithm(algorithm: AlgorithmIdentifier, hash: string | null): Made {
  const { algorithmId, algorithmParams } = algorithm;
  if (algorithmId === OID.pss) return { scheme: "RSA-PSS", hash: readPss(algorithmParams) };
  const hasNone = isNone(algorithmParams);
  const rsa = algorithmId === OID.rsa ? hash : RSA_WITH[algorithmId];
  if (hasNone && rsa) return { scheme: "RSASSA-PKCS1-v1_5", hash: rsa };
  const ecdsa = ECDSA_WITH[algorithmId];
  if (hasNone && ecdsa) return { scheme: "ECDSA", hash: ecdsa };
  return refuse("a signature is of a kind that is not accepted");
}

/**
 * The digest of PSS parameters (RFC 4055, section 3.1) that say the same everywhere: MGF1 with
 * that digest, a salt as long as it is, and the one trailer that there is.
 */
function readPss(parameters: unknown): string {
  const members = new Map<number, asn1js.AsnType | undefined>();
  for (const one of items(parameters)) {
    const [inner, ...others] = one instanceof asn1js.Constructed ? one.valueBlock.value : [];
    if (one.idBlock.tagClass !== 3 || others.length > 0 || members.has(one.idBlock.tagNumber)) {
      refuse("a signature has parameters that cannot be read");
    }
    members.set(one.idBlock.tagNumber, inner as asn1js.AsnType | undefined);
  }
  const hash = digestIn(members.get(0));
  const [mask, maskHash] = items(members.get(1));
  const isMgf1 = mask instanceof asn1js.ObjectIdentifier && identifier(mask) === OID.mgf1;
  const trailer = members.get(3);
  const holds =
    isMgf1 &&
    digestIn(maskHash) === hash &&
    integerIn(members.get(2)) === DIGEST_SIZES[hash] &&
    (trailer === undefined || integerIn(trailer) === 1) &&
    [...members.keys()].every((one) => one <= 3);
  return holds ? hash : refuse("a signature has parameters that are not accepted");
}

function digestIn(value: asn1js.AsnType | undefined): string {
  const [id, parameters, ...others] = items(value);
  const digest = id instanceof asn1js.ObjectIdentifier ? DIGESTS[identifier(id)] : undefined;
  const isAlone = isNone(parameters) && others.length === 0;
  return (isAlone && digest) || refuse("a signature uses another hash");
}

function integerIn(value: asn1js.AsnType | undefined): number | null {
  return value instanceof asn1js.Integer ? value.valueBlock.valueDec : null;
}

function readCurve({ algorithm, subjectPublicKey }: PublicKeyInfo): { name: string; size: number } {
  const named: unknown = algorithm.algorithmParams;
  const curve =
    algorithm.algorithmId === OID.ecKey && named instanceof asn1js.ObjectIdentifier
      ? CURVES[identifier(named)]
      : undefined;
  const point = subjectPublicKey.valueBlock.valueHexView;
  return curve !== undefined && point[0] === UNCOMPRESSED && point.length === 1 + 2 * curve.size
    ? curve
    : refuse("a key is none on a curve that is accepted");
}

/**
 * The numbers r and s (RFC 3279, section 2.2.3), as WebCrypto takes them; null where they are not
 * written in the one way of DER, which on these curves needs no long lengths.
 */
function readEcdsa(signature: Uint8Array, size: number): Uint8Array<ArrayBuffer> | null {
  const raw = new Uint8Array(2 * size);
  let at = 2;
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return null;
  for (const end of [size, 2 * size]) {
    const [tag, length = 0] = signature.subarray(at, at + 2);
    const number = signature.subarray(at + 2, at + 2 + length);
    const [first = 0x80, second = 0x80] = number;
    const isPadded = first === 0 && length > 1;
    if (tag !== 2 || length >= 0x80 || first >= 0x80 || (isPadded && second < 0x80)) return null;
    const bytes = isPadded ? number.subarray(1) : number;
    if (number.length !== length || bytes.length > size) return null;
    raw.set(bytes, end - bytes.length);
    at += 2 + length;
  }
  return at === signature.length ? raw : null;
}

function checkRsaKey({ algorithm, subjectPublicKey }: PublicKeyInfo): void {
  const inner = bytesOf(Uint8Array.from(subjectPublicKey.valueBlock.valueHexView).buffer);
  const [modulus, exponent, ...others] = items(asn1js.fromBER(inner).result);
  if (
    algorithm.algorithmId !== OID.rsa ||
    !(algorithm.algorithmParams instanceof asn1js.Null) ||
    !(modulus instanceof asn1js.Integer) ||
    !(exponent instanceof asn1js.Integer) ||
    others.length > 0
  )
    refuse("a key is none of RSA");
  const bits = bitsOf(unsigned(modulus));
  if (bits < RSA_BITS.min || bits > RSA_BITS.max)
    refuse(`an RSA key has ${bits} bits, not ${RSA_BITS.min} to ${RSA_BITS.max}`);
  if (!equalBytes(unsigned(exponent), RSA_EXPONENT))
    refuse("an RSA key has another exponent than 65537");
}

/** The bytes of a number without zeros in front; none of a negative one. */
function unsigned(number: asn1js.Integer): Uint8Array {
  const bytes = number.valueBlock.valueHexView;
  const first = bytes.findIndex((one) => one !== 0);
  return first < 0 || bytes[0]! >= 0x80 ? new Uint8Array() : bytes.subarray(first);
}

function bitsOf(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : 8 * bytes.length - Math.clz32(bytes[0]!) + 24;
}

function identifier(id: asn1js.ObjectIdentifier): string {
  return id.valueBlock.toString();
}

function items(value: unknown): asn1js.AsnType[] {
  return value instanceof asn1js.Sequence ? (value.valueBlock.value as asn1js.AsnType[]) : [];
}
