import { BasicConstraints, Certificate, ExtKeyUsage } from "pkijs";
import * as asn1js from "asn1js";
import { refuse } from "../errors.ts";
import { verifySignature } from "./algorithms.ts";
import { bytesOf, equalBytes, parseDer } from "./der.ts";

const OID = {
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  policies: "2.5.29.32",
  extendedKeyUsage: "2.5.29.37",
  commonName: "2.5.4.3",
};
const UNDERSTOOD = new Set([
  OID.keyUsage,
  OID.alternativeNames,
  OID.basicConstraints,
  OID.policies,
  OID.extendedKeyUsage,
]);
export const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
/** Certificates of one chain. */
const CHAIN_MAX = 5;
/** Certificates that come along; few enough that all chains of them can be tried. */
export const POOL_MAX = 8;
/** Extended key usages of seals: any, e-mail, documents (RFC 9336), Adobe's and Microsoft's. */
const SEALING = new Set([
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.4",
  "1.3.6.1.5.5.7.3.36",
  "1.2.840.113583.1.1.5",
  "1.3.6.1.4.1.311.10.3.12",
]);
/** Bits of the extension keyUsage (RFC 5280, section 4.2.1.3). */
const KEY_USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5 };
export function parseCertificate(der: Uint8Array): Certificate {
  return new Certificate({ schema: parseDer(der, "a certificate") });
}

/** The DER in a PEM text, whose form the seal roots' parser has checked already. */
export function parsePem(pem: string): Certificate {
  const base64 = pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
  return parseCertificate(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));
}

export function derOf(certificate: Certificate): Uint8Array {
  return bytesOf(certificate.toSchema().toBER());
}

export const isSame = (one: Certificate, other: Certificate): boolean =>
  equalBytes(derOf(one), derOf(other));

export function commonName(certificate: Certificate): string | null {
  const found = certificate.subject.typesAndValues.find((one) => one.type === OID.commonName);
  const value: unknown = found?.value.valueBlock.value;
  return typeof value === "string" ? value : null;
}

function extension(certificate: Certificate, id: string): unknown {
  return certificate.extensions?.find((one) => one.extnID === id)?.parsedValue;
}

function hasUsage(certificate: Certificate, ...bits: number[]): boolean | null {
  const usage = extension(certificate, OID.keyUsage);
  if (usage === undefined) return null;
  if (!(usage instanceof asn1js.BitString)) refuse("a certificate's key usage cannot be read");
  const bytes = usage.valueBlock.valueHexView;
  return bits.some((bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** Its key usage says that it signs, its extended key usage (where it has one) that documents. */
export function maySeal(certificate: Certificate): boolean {
  const extended = extension(certificate, OID.extendedKeyUsage);
  if (
    extended !== undefined &&
    !(extended instanceof ExtKeyUsage && extended.keyPurposes.some((one) => SEALING.has(one)))
  )
    return false;
  return hasUsage(certificate, KEY_USAGE.digitalSignature, KEY_USAGE.nonRepudiation) === true;
}

/** RFC 3161, section 2.3: extendedKeyUsage is critical and holds time stamping alone. */
export function mayStampTime(certificate: Certificate): boolean {
  const found = certificate.extensions?.find((one) => one.extnID === OID.extendedKeyUsage);
  const usage = found?.parsedValue as unknown;
  return (
    found?.critical === true &&
    usage instanceof ExtKeyUsage &&
    usage.keyPurposes.length === 1 &&
    usage.keyPurposes[0] === TIME_STAMPING
  );
}

function mayIssue(certificate: Certificate, below: number): boolean {
  const constraints = extension(certificate, OID.basicConstraints);
  if (!(constraints instanceof BasicConstraints) || !constraints.cA) return false;
  const limit = constraints.pathLenConstraint as unknown;
  if (limit !== undefined && !(typeof limit === "number" && below <= limit)) return false;
  return hasUsage(certificate, KEY_USAGE.keyCertSign) !== false;
}

function isValidAt(certificate: Certificate, timeMs: number): boolean {
  return (
    certificate.notBefore.value.getTime() <= timeMs &&
    timeMs <= certificate.notAfter.value.getTime()
  );
}

const isUnderstood = (certificate: Certificate): boolean =>
  (certificate.extensions ?? []).every((one) => !one.critical || UNDERSTOOD.has(one.extnID));

/**
 * Whether a chain of certificates that came along leads to one of `roots`, all of them valid at
 * `timeMs`, the trusted one too. This is a part of RFC 5280, section 6.1; what is left out (such
 * as name constraints) is refused where a certificate makes it critical.
 */
export async function leadsTo(
  chain: readonly [Certificate, ...Certificate[]],
  roots: readonly Certificate[],
  pool: readonly Certificate[],
  timeMs: number,
): Promise<boolean> {
  const last = chain.at(-1)!;
  if (!isValidAt(last, timeMs) || !isUnderstood(last)) return false;
  if (chain.length > 1 && !mayIssue(last, chain.length - 2)) return false;
  if (roots.some((root) => isSame(root, last))) return true;
  for (const issuer of [...roots, ...pool]) {
    if (chain.length === CHAIN_MAX || chain.some((one) => isSame(one, issuer))) continue;
    if (!issuer.subject.isEqual(last.issuer) || !(await isIssuedBy(last, issuer))) continue;
    if (await leadsTo([...chain, issuer], roots, pool, timeMs)) return true;
  }
  return false;
}

/** A signature of a kind that is not accepted makes no chain, and another one may be tried. */
async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { tbsView, signatureValue, signatureAlgorithm } = certificate;
  try {
    return await verifySignature(
      tbsView,
      signatureValue.valueBlock.valueHexView,
      issuer.subjectPublicKeyInfo,
      signatureAlgorithm,
    );
  } catch {
    return false;
  }
}
