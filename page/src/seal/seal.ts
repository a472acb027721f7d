import type { Certificate } from "pkijs";
import { reasonOf, refuse } from "../errors.ts";
import type { PdfFile } from "../pdf/file.ts";
import { type PdfSignature, coveredBytes, coversAll, readSignature } from "../pdf/signature.ts";
import { commonName, leadsTo, maySeal, parsePem } from "./certificates.ts";
import { type Signed, parseSigned, verifySigned } from "./cms.ts";
import { bytesOf } from "./der.ts";
import { verifyStamp } from "./stamp.ts";

/** The content type of plain data (RFC 5652, section 4). */
const DATA = "1.2.840.113549.1.7.1";
const SUBFILTER = "ETSI.CAdES.detached";
const CLAIMED = /^D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-])(\d\d)'(\d\d)'?)$/;

/** One check: it holds, or this is why not; null where an earlier one keeps it from being reached. */
export type Finding = { holds: boolean; reason: string } | null;

/** What was found about the seal of a PDF. `isThere`: there is a trace of a signature. */
export interface SealFindings {
  isThere: boolean;
  seal: Finding;
  coverage: Finding;
  trust: Finding;
  sealedBy: string | null;
  /** RFC 3339, UTC. */
  sealedAt: string | null;
  isStamped: boolean;
}

export interface CertificateRoots {
  seals: readonly string[];
  tsas: readonly string[];
}

const yes = (reason: string): Finding => ({ holds: true, reason });
const no = (reason: string): Finding => ({ holds: false, reason });

/**
 * Check the seal of a PDF, each question after the one before: is there exactly one sound signature
 * over the bytes that it names; are these all bytes of the file, and does it permit no change; does its
 * certificate lead to a trusted one, at the time of its stamp, else at `nowMs`.
 */
export async function checkSeal(
  file: PdfFile,
  roots: CertificateRoots,
  nowMs: number,
): Promise<SealFindings> {
  const nothing = {
    isThere: true,
    coverage: null,
    trust: null,
    sealedBy: null,
    sealedAt: null,
    isStamped: false,
  };
  try {
    const signature = readSignature(file);
    if (signature === null)
      return { ...nothing, isThere: false, seal: no("there is no signature in the file") };
    const signed = await verifySeal(file, signature);
    const seal = yes("one sound signature, over the bytes that it names");
    const coverage = checkCoverage(file, signature);
    if (!coverage?.holds) return { ...nothing, seal, coverage };
    return { ...nothing, seal, coverage, ...(await checkTrust(signature, signed, roots, nowMs)) };
  } catch (error) {
    return { ...nothing, seal: no(reasonOf(error)) };
  }
}

async function verifySeal(file: PdfFile, signature: PdfSignature): Promise<Signed> {
  const what = "the seal";
  const covered = coveredBytes(file, signature.range);
  if (signature.subfilter !== SUBFILTER) refuse(`the signature is none of PAdES (${SUBFILTER})`);
  const signed = parseSigned(withoutPadding(signature.contents), what, DATA, 1);
  if (signed.content !== null) refuse("the seal holds its content inside of it");
  await verifySigned(signed, covered, what);
  return signed;
}

/** The signature alone: its length is written in two bytes, and what stands behind it is zeros. */
function withoutPadding(contents: Uint8Array): Uint8Array {
  if (contents[0] !== 0x30 || contents[1] !== 0x82)
    refuse("the signature's content is no signature");
  const size = 4 + contents[2]! * 256 + contents[3]!;
  if (contents.length < size || contents.subarray(size).some((one) => one !== 0))
    refuse("the signature is followed by other content");
  return contents.subarray(0, size);
}

function checkCoverage(file: PdfFile, signature: PdfSignature): Finding {
  if (!coversAll(file, signature))
    return no("the seal does not cover the whole file but its own content");
  if (!signature.certifies) return no("the seal is no certification that permits no change");
  return yes("it covers the whole file, and permits no change");
}

type Trust = Pick<SealFindings, "trust"> & Partial<SealFindings>;

async function checkTrust(
  signature: PdfSignature,
  signed: Signed,
  roots: CertificateRoots,
  nowMs: number,
): Promise<Trust> {
  try {
    if (!maySeal(signed.signer)) refuse("the seal's certificate is not one for signing documents");
    const stampedMs = await stampTime(signed, roots.tsas.map(parsePem));
    const seals = roots.seals.map(parsePem);
    if (!(await leadsTo([signed.signer], seals, signed.certificates, stampedMs ?? nowMs))) {
      refuse("the seal's certificate leads to no trusted one that was valid then");
    }
    return {
      trust: yes(
        stampedMs === null
          ? "its certificate is trusted"
          : "its certificate is trusted, and a trusted stamp tells its time",
      ),
      sealedBy: commonName(signed.signer),
      sealedAt: stampedMs === null ? claimedTime(signature.claimedAt) : rfc3339(stampedMs),
      isStamped: stampedMs !== null,
    };
  } catch (error) {
    return { trust: no(reasonOf(error)) };
  }
}

/** The time of the seal's stamp, null where it has none; one that does not hold refuses the seal. */
async function stampTime(signed: Signed, roots: readonly Certificate[]): Promise<number | null> {
  if (signed.token === null) return null;
  return verifyStamp(signed.token, bytesOf(signed.info.signature.getValue()), roots);
}

/** A date of a PDF (ISO 32000-2, section 7.9.4), which only the sealer's clock vouches for. */
function claimedTime(text: string): string | null {
  const found = CLAIMED.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const eastMs =
    (Number(found[8] ?? 0) * 60 + Number(found[9] ?? 0)) * 60_000 * (found[7] === "-" ? -1 : 1);
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const isDate = new Date(timeMs)
    .toISOString()
    .replace(/\D/g, "")
    .startsWith(found.slice(1, 7).join(""));
  return isDate ? rfc3339(timeMs - eastMs) : null;
}

const rfc3339 = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
