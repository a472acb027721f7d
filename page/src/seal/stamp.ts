import { type Certificate, TSTInfo } from "pkijs";
import { refuse } from "../errors.ts";
import { digestOf } from "./algorithms.ts";
import { leadsTo, mayStampTime } from "./certificates.ts";
import { parseSigned, verifySigned } from "./cms.ts";
import { bytesOf, equalBytes, parseDer } from "./der.ts";

const CONTENT_TYPE = "1.2.840.113549.1.9.16.1.4";
/**
 * Verify a time stamp (RFC 3161) over `stamped`, by an authority that leads to one of `roots`;
 * gives its time in milliseconds. `imprints` are the digests of what is stamped that are
 * taken. Raises `RefusedError` where anything of it does not hold.
 */
export async function verifyStamp(
  token: Uint8Array,
  stamped: Uint8Array,
  roots: readonly Certificate[],
  imprints: readonly string[] = ["SHA-256", "SHA-384", "SHA-512"],
): Promise<number> {
  const what = "the time stamp";
  const signed = parseSigned(token, what, CONTENT_TYPE, 3);
  if (signed.content === null || signed.token !== null) refuse("the time stamp is none");
  await verifySigned(signed, signed.content, what);
  const info = new TSTInfo({ schema: parseDer(signed.content, what) });
  if (info.version !== 1) refuse("the time stamp is of another version");
  const hash = digestOf(info.messageImprint.hashAlgorithm);
  if (!imprints.includes(hash)) refuse("the time stamp uses a hash that is not accepted");
  const expected = bytesOf(await crypto.subtle.digest(hash, Uint8Array.from(stamped)));
  if (!equalBytes(bytesOf(info.messageImprint.hashedMessage.getValue()), expected))
    refuse("the time stamp is over something else");
  if (!mayStampTime(signed.signer)) refuse("the time stamp's certificate is not for time stamps");
  const timeMs = info.genTime.getTime();
  if (!(await leadsTo([signed.signer], roots, signed.certificates, timeMs)))
    refuse("the time stamp is by an authority that is not trusted");
  return timeMs;
}
