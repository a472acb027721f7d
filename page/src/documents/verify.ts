import {
  type CvReport,
  type PdfFindings,
  type SealRoots,
  type VerifyOptions,
  parseSealRoots,
  reportBundle,
  reportPdf,
  reportUnreadable,
  verifyJsonCv,
  verifySummary,
} from "../core/index.ts";
import { reasonOf } from "../errors.ts";
import { isPicture, readPicture } from "./image.ts";
import { findInPdf } from "./pdf.ts";

const BUNDLE = '{"format":"provenance-proof/';
const SUMMARY = "PROV1:";

/** Brings a proof bundle up to date, where that is asked for. */
export type Refresh = (bundle: Uint8Array) => Promise<Uint8Array>;
const asItIs: Refresh = async (bundle) => bundle;

/**
 * Any document of a CV in, a report out; what it is, is recognised by its content. Policy and seal
 * roots came by another way than the document. `nowMs` is the time at which a seal without a time
 * stamp is judged. Only what is wrong with policy or roots raises an error.
 */
export async function verifyDocument(
  data: Uint8Array,
  policy: string,
  rootsText: string,
  nowMs: number,
  refresh: Refresh = asItIs,
): Promise<CvReport> {
  const roots = parseSealRoots(rootsText);
  const options = { nowS: Math.floor(nowMs / 1000) };
  if (startsWith(data, "%PDF-"))
    return verifyPdf(await findInPdf(data, roots, nowMs), policy, options, refresh);
  if (isPicture(data)) return verifyPicture(data, roots);
  if (startsWith(data, SUMMARY)) return verifySummary(data, roots);
  if (startsWith(data, BUNDLE)) return reportBundle(await refresh(data), policy, options);
  if (isObject(data)) return verifyJsonCv(data, policy, roots, options);
  return reportUnreadable(
    "unknown",
    "this is none of a PDF file, a JSON CV, a proof, or a QR code",
  );
}

async function verifyPdf(
  findings: PdfFindings,
  policy: string,
  options: VerifyOptions,
  refresh: Refresh,
): Promise<CvReport> {
  const attachment = findings.attachment === null ? null : await refresh(findings.attachment);
  return reportPdf({ ...findings, attachment }, policy, options);
}

async function verifyPicture(data: Uint8Array, roots: SealRoots): Promise<CvReport> {
  try {
    const text = await readPicture(data);
    if (text.startsWith(SUMMARY)) return verifySummary(text, roots);
    return reportUnreadable("unknown", "the QR code in the picture holds no summary");
  } catch (error) {
    return reportUnreadable("unknown", reasonOf(error));
  }
}

/** What begins as a JSON object does, white space in front of it passed over. */
const isObject = (data: Uint8Array): boolean =>
  data.find((one) => ![0x20, 0x09, 0x0d, 0x0a].includes(one)) === 0x7b;

const startsWith = (data: Uint8Array, start: string): boolean =>
  [...start].every((one, at) => data[at] === one.charCodeAt(0));
