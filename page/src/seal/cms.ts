import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  type SignerInfo,
} from "pkijs";
import * as asn1js from "asn1js";
import { refuse } from "../errors.ts";
import { digestOf, verifySignature } from "./algorithms.ts";
import { POOL_MAX, derOf } from "./certificates.ts";
import { bytesOf, equalBytes, parseDer } from "./der.ts";

const OID = {
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  stamp: "1.2.840.113549.1.9.16.2.14",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
};
/** Far more than any chain of certificates needs. */
const CMS_SIZE_MAX = 256 * 1024;

/** A CMS signature by one signer (RFC 5652, section 5), parsed; nothing of it is verified. */
export interface Signed {
  contentType: string;
  content: Uint8Array | null;
  info: SignerInfo;
  digest: string;
  signer: Certificate;
  certificates: Certificate[];
  /** The time stamp over the signature. */
  token: Uint8Array | null;
}

/** Read signed data of one kind: one signer with signed attributes, and nothing besides. */
export function parseSigned(
  der: Uint8Array,
  what: string,
  contentType: string,
  version: number,
): Signed {
  const outer = new ContentInfo({ schema: parseDer(der, what, CMS_SIZE_MAX) });
  if (outer.contentType !== OID.signedData) refuse(`${what} is no signature`);
  const data = new SignedData({ schema: outer.content });
  const { eContentType, eContent } = data.encapContentInfo;
  if (data.version !== version || eContentType !== contentType || data.crls?.length)
    refuse(`${what} is of another kind`);
  const [info, ...others] = data.signerInfos;
  if (info === undefined || others.length > 0) refuse(`${what} is not by exactly one signer`);
  const [digest, ...more] = data.digestAlgorithms;
  if (digest === undefined || more.length > 0 || digestOf(digest) !== digestOf(info.digestAlgorithm))
    refuse(`${what} names several hashes`);
  const certificates = certificatesOf(data, what);
  const signers = certificates.filter((one) => isSigner(info, one));
  if (signers.length !== 1) refuse(`${what} lacks its signer's certificate, or has it twice`);
  return {
    contentType,
    content: eContent ? bytesOf(eContent.getValue()) : null,
    info,
    digest: digestOf(digest),
    signer: signers[0]!,
    certificates,
    token: tokenOf(info, what),
  };
}

function certificatesOf(data: SignedData, what: string): Certificate[] {
  const all = data.certificates ?? [];
  const certificates = all.filter((one) => one instanceof Certificate);
  if (certificates.length !== all.length || all.length > POOL_MAX)
    refuse(`${what} holds too many certificates, or ones of an old form`);
  if (!certificates.every(({ serialNumber }) => isPositive(serialNumber)))
    refuse(`${what} holds a certificate whose number is not positive`);
  return certificates;
}

/** RFC 5280, section 4.1.2.2. */
function isPositive(number: asn1js.Integer): boolean {
  const bytes = number.valueBlock.valueHexView;
  return bytes.length > 0 && bytes[0]! < 0x80 && bytes.some((one) => one !== 0);
}

/** The time stamp over the signature, the only attribute that may stand unsigned. */
function tokenOf(info: SignerInfo, what: string): Uint8Array | null {
  const attributes = info.unsignedAttrs?.attributes ?? [];
  if (attributes.length === 0) return null;
  const token = attributes.length === 1 ? attribute(attributes, OID.stamp) : undefined;
  return token === undefined
    ? refuse(`${what} holds an unsigned attribute that is no time stamp`)
    : bytesOf(token.toBER());
}

function isSigner(info: SignerInfo, certificate: Certificate): boolean {
  const { sid } = info;
  if (info.version !== 1 || !(sid instanceof IssuerAndSerialNumber)) return false;
  return (
    sid.serialNumber.isEqual(certificate.serialNumber) && sid.issuer.isEqual(certificate.issuer)
  );
}

/** The one value of an attribute; undefined where it is not there, refused where it is not one. */
export function attribute(
  attributes: readonly Attribute[] | undefined,
  id: string,
): asn1js.AsnType | undefined {
  const found = (attributes ?? []).filter((one) => one.type === id);
  if (found.length > 1 || found.some((one) => one.values.length !== 1))
    refuse("a signature says something twice");
  return found[0]?.values[0] as asn1js.AsnType | undefined;
}

/**
 * Verify a CMS signature over `content`: its digest, its content type, that it names its signer's
 * certificate (RFC 5035), and the signature itself. Raises `RefusedError` where one does not hold.
 */
export async function verifySigned(
  signed: Signed,
  content: Uint8Array,
  what: string,
): Promise<void> {
  const attributes = signed.info.signedAttrs ?? refuse(`${what} has no signed attributes`);
  for (const one of attributes.attributes) attribute(attributes.attributes, one.type);
  const type = attribute(attributes.attributes, OID.contentType);
  if (
    !(type instanceof asn1js.ObjectIdentifier) ||
    type.valueBlock.toString() !== signed.contentType
  )
    refuse(`${what} does not say what it signs`);
  const digest = attribute(attributes.attributes, OID.messageDigest);
  const expected = bytesOf(await crypto.subtle.digest(signed.digest, Uint8Array.from(content)));
  if (!(digest instanceof asn1js.OctetString) || !equalBytes(bytesOf(digest.getValue()), expected))
    refuse(`${what} is over other bytes`);
  if (!(await namesSigner(signed))) refuse(`${what} does not name the certificate of its signer`);
  const { signature, signatureAlgorithm } = signed.info;
  const data = bytesOf(attributes.encodedValue);
  if (
    !(await verifySignature(
      data,
      signature.valueBlock.valueHexView,
      signed.signer.subjectPublicKeyInfo,
      signatureAlgorithm,
      signed.digest,
    ))
  ) {
    refuse(`${what} does not verify`);
  }
}

/** The attribute names the signer's certificate by its hash, so that no other can take its place. */
async function namesSigner(signed: Signed): Promise<boolean> {
  const attributes = signed.info.signedAttrs?.attributes;
  const newer = attribute(attributes, OID.signingCertificateV2);
  const older = attribute(attributes, OID.signingCertificate);
  const list = items(items(newer ?? older)[0]);
  const parts = items(list[0]);
  const hash = parts.find((one) => one instanceof asn1js.OctetString);
  if (hash === undefined) return false;
  const algorithm = newer === undefined ? "SHA-1" : certificateHash(parts[0]);
  const expected = bytesOf(
    await crypto.subtle.digest(algorithm, Uint8Array.from(derOf(signed.signer))),
  );
  return equalBytes(bytesOf(hash.getValue()), expected);
}

function items(value: asn1js.AsnType | undefined): asn1js.AsnType[] {
  return value instanceof asn1js.Sequence ? (value.valueBlock.value as asn1js.AsnType[]) : [];
}

/** RFC 5035, section 4: SHA-256 where no other is named. */
function certificateHash(first: asn1js.AsnType | undefined): string {
  return first instanceof asn1js.Sequence
    ? digestOf(new AlgorithmIdentifier({ schema: first }))
    : "SHA-256";
}
