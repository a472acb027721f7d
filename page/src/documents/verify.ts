import {
  type CvReport,
  type PdfFindings,
  parseSealRoots,
  reportBundle,
  reportPdf,
  reportUnknown,
  reportUnreadable,
  type Revision,
  type SealRoots,
  verifyJsonCv,
  type VerifyOptions,
  verifySummary,
} from "../core/index.ts";
import { reasonOf } from "../errors.ts";
import { signedSizes } from "../pdf/revisions.ts";
import { equalBytes } from "../seal/der.ts";
import { readCodes } from "./image.ts";
import { findInPdf } from "./pdf.ts";
import { type Oddity, oddityOf, reasonOfOddity, shapeOf } from "./recognise.ts";

const SUMMARY = "PROV1:";

/** Brings a proof bundle up to date, where that is asked for. */
export type Refresh = (bundle: Uint8Array) => Promise<Uint8Array>;

/** Whom a document is judged under, and when; all of it was obtained separately from the document. */
export interface Asked {
  policy: string;
  /** The text of the seal roots. */
  roots: string;
  /** The time at which a seal without a time stamp is judged. */
  nowMs: number;
  /** The day in Paris, `YYYY-MM-DD`; null where no date is to be judged. */
  day: string | null;
  statusDays?: number;
  refresh?: Refresh;
}

/** A report, and what is beside it for those who read it. */
export interface Examined {
  report: CvReport;
  /** How many of the file's first bytes are the revision that can be recovered. */
  revisionSize: number | null;
  /** What the document is, where it is nothing of ours. */
  oddity: Oddity | null;
}

/** What is asked, with the roots read. */
interface Judging extends Asked {
  parsed: SealRoots;
  options: VerifyOptions;
}

/** Any document of a CV in, a report out. */
export async function verifyDocument(data: Uint8Array, asked: Asked): Promise<CvReport> {
  return (await examineDocument(data, asked)).report;
}

/**
 * Any document of a CV in, a report out, and what of it can be recovered; what it is, is recognised
 * by its content. Only what is wrong with policy or roots raises an error.
 */
export async function examineDocument(data: Uint8Array, asked: Asked): Promise<Examined> {
  const judging = prepare(asked);
  switch (shapeOf(data)) {
    case "pdf":
      return examinePdf(data, judging);
    case "picture":
      return examinePicture(data, judging);
    case "other":
      return unknown(oddityOf(data), judging);
    default:
      return plain(await reportText(data, judging));
  }
}

const plain = (report: CvReport): Examined => ({ report, revisionSize: null, oddity: null });

function unknown(oddity: Oddity, { day }: Judging): Examined {
  return { report: reportUnknown(reasonOfOddity(oddity), day), revisionSize: null, oddity };
}

function prepare(asked: Asked): Judging {
  const parsed = parseSealRoots(asked.roots);
  const options = {
    nowS: Math.floor(asked.nowMs / 1000),
    tsas: parsed.tsas,
    ...(asked.day !== null && { day: asked.day }),
    ...(asked.statusDays !== undefined && { statusDays: asked.statusDays }),
  };
  return { ...asked, parsed, options };
}

async function reportText(data: Uint8Array, judging: Judging): Promise<CvReport> {
  const { policy, parsed, options, refresh } = judging;
  switch (shapeOf(data)) {
    case "summary":
      return verifySummary(data, parsed, options);
    case "bundle":
      return reportBundle(refresh ? await refresh(data) : data, policy, options);
    default:
      return verifyJsonCv(data, policy, parsed, options);
  }
}

/** A picture is whatever its one summary is. */
async function examinePicture(data: Uint8Array, judging: Judging): Promise<Examined> {
  const { parsed, options, day } = judging;
  try {
    const texts = await readCodes(data);
    const [summary, ...others] = texts.filter((text) => text.startsWith(SUMMARY));
    if (summary === undefined) return unknown("no-code", judging);
    if (others.length === 0) return plain(verifySummary(summary, parsed, options));
    const report = reportUnreadable("unknown", reasonOfOddity("codes"), day);
    return { ...plain(report), oddity: "codes" };
  } catch (error) {
    return plain(reportUnreadable("unknown", reasonOf(error), day));
  }
}

async function examinePdf(data: Uint8Array, judging: Judging): Promise<Examined> {
  const findings = await findInPdf(data, judging.parsed, judging.nowMs);
  const found = wasChanged(findings) ? await findRevision(data, findings, judging) : null;
  const report = await reportFindings(findings, judging, found?.revision);
  return { report, revisionSize: found?.size ?? null, oddity: null };
}

async function reportFindings(
  findings: PdfFindings,
  { policy, options, refresh }: Judging,
  revision?: Revision,
): Promise<CvReport> {
  const { attachment } = findings;
  const fresh = attachment !== null && refresh ? await refresh(attachment) : attachment;
  return reportPdf({ ...findings, attachment: fresh }, policy, options, revision);
}

/** Whether a file was signed, and was changed since then. */
function wasChanged({ checks, document }: PdfFindings): boolean {
  const fails = checks.some(
    ({ name, outcome }) => ["seal", "seal-coverage"].includes(name) && outcome === "no",
  );
  return fails && document.outcome !== "not sealed";
}

/** The newest revision inside of a file that is an original by itself, null where there is none. */
async function findRevision(
  data: Uint8Array,
  { attachment }: PdfFindings,
  judging: Judging,
): Promise<{ size: number; revision: Revision } | null> {
  for (const size of signedSizes(data)) {
    const inner = await findInPdf(data.subarray(0, size), judging.parsed, judging.nowMs);
    const report = await reportFindings(inner, judging);
    if (report.level !== "original") continue;
    const own = inner.attachment ?? new Uint8Array();
    const hidesProof = attachment !== null && !equalBytes(own, attachment);
    return { size, revision: { isRecoverable: true, hidesProof } };
  }
  return null;
}
