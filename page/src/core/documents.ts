/**
 * Reports on documents of every kind: one place where checks become a level and a verdict.
 *
 * Three questions stay apart: is this document as it was sealed (`document`), is each
 * certification in the ledger (`proof`), and what is its status as of when (in `proof` too).
 */

import { fromUtf8 } from "./bytes.ts";
import { isRefusal } from "./errors.ts";
import { decodeSummary, parseSummary, verifySummarySignature } from "./summary.ts";
import type {
  Check,
  CvReport,
  DocumentKind,
  DocumentOutcome,
  DocumentReport,
  Level,
  Outcome,
  Report,
  SealRoots,
  Summary,
  Verdict,
  VerifyOptions,
} from "./types.ts";
import { verifyBundle } from "./verifier.ts";

/** The checks of each kind of document, in their order. */
const CHECKS: Readonly<Record<DocumentKind, readonly string[]>> = {
  pdf: ["readable", "attachment", "seal", "seal-coverage", "seal-trust", "proof", "person"],
  json: ["readable", "document", "signature", "issuer", "proof", "agreement", "person"],
  summary: ["readable", "summary", "signature"],
  bundle: ["readable", "proof", "person"],
  unknown: ["readable"],
};
/** What a genuine proof needs, whatever document it stands in. */
const PROVEN: Readonly<Partial<Record<DocumentKind, readonly string[]>>> = {
  pdf: ["attachment", "proof"],
  json: ["document", "proof"],
};
const LEVELS: Readonly<Record<Level, string>> = {
  original: "Everything holds.",
  "re-saved":
    "The proof is genuine; the document around it is not sealed (it was saved " +
    "again, or never was), so nothing else that it says is vouched for.",
  forged: "A genuine proof in a forged document: do not rely on what the document says.",
  printed: "The summary is signed by the operator; a paper around it is not.",
  refused: "Nothing here can be relied on.",
};
const DOCUMENTS: Readonly<Record<Exclude<DocumentOutcome, "as sealed">, string>> = {
  "not sealed": "The document bears no seal.",
  altered:
    "The document is not as it was sealed: its seal is broken, or does not cover " +
    "the whole of it.",
  "untrusted seal": "The document is sealed by somebody whom the verifier does not trust.",
  "not provable": "Whether a document is unchanged cannot be told from this.",
  unreadable: "It cannot be read.",
};
const BUNDLE_START = '{"format":"provenance-proof/';

/** What was found about a PDF, its proof aside. */
export interface PdfFindings {
  /** `readable`, `attachment`, `seal`, `seal-coverage`, `seal-trust`, as far as reached. */
  checks: Check[];
  /** The attachment's bytes, null where there is none that counts. */
  attachment: Uint8Array | null;
  document: DocumentReport;
}

/** Makes a check that holds, or not. */
export function check(name: string, outcome: Outcome, reason: string): Check {
  return { name, outcome, reason, index: null };
}

/** Says nothing about a document but whether it is sealed. */
export function plainDocument(outcome: DocumentOutcome): DocumentReport {
  return { outcome, sealed_by: null, sealed_at: null, time_source: null };
}

/**
 * Makes the report out of the checks that were reached; the others become `n/a`.
 *
 * `made` holds the checks in any order; one that failed several times stands there as often.
 */
export function conclude(
  kind: DocumentKind,
  made: readonly Check[],
  document: DocumentReport,
  proof: Report | null = null,
  printed: Summary | null = null,
): CvReport {
  const checks = CHECKS[kind].flatMap((name) => reached(name, made));
  const level = levelOf(kind, checks, document.outcome);
  const read = outcomeOf(checks, "readable") === "yes";
  const accepted: Verdict = level === "original" || level === "printed" ? "yes" : "no";
  return {
    format: "provenance-document-report/1",
    kind,
    verdict: read ? accepted : "unreadable",
    level,
    summary: describe(level, checks, document, proof),
    checks,
    document,
    proof,
    printed,
  };
}

/** Gives the checks of one name: its failures, or else what was found first. */
function reached(name: string, made: readonly Check[]): Check[] {
  const found = made.filter((one) => one.name === name);
  const failures = found.filter((one) => one.outcome === "no");
  if (failures.length > 0) return failures;
  return [found[0] ?? check(name, "n/a", "an earlier check failed")];
}

function outcomeOf(checks: readonly Check[], name: string): Outcome {
  return checks.find((one) => one.name === name)?.outcome ?? "n/a";
}

function levelOf(kind: DocumentKind, checks: readonly Check[], document: DocumentOutcome): Level {
  if (kind !== "unknown" && checks.every((one) => one.outcome === "yes")) {
    return kind === "summary" ? "printed" : "original";
  }
  const needed = PROVEN[kind];
  if (!needed?.every((name) => outcomeOf(checks, name) === "yes")) return "refused";
  // Persons that differ are the graver thing: somebody put them together.
  const forged = outcomeOf(checks, "person") === "no" || document !== "not sealed";
  return forged ? "forged" : "re-saved";
}

function describe(
  level: Level,
  checks: readonly Check[],
  document: DocumentReport,
  proof: Report | null,
): string[] {
  const failures = checks.filter((one) => one.outcome === "no");
  return [
    LEVELS[level],
    describeDocument(document),
    ...failures.map(({ name, reason }) => `${name}: ${reason}`),
    ...(proof?.verdict === "yes" ? proof.summary : []),
  ];
}

function describeDocument({ outcome, sealed_by, sealed_at, time_source }: DocumentReport): string {
  if (outcome !== "as sealed") return DOCUMENTS[outcome];
  const how = time_source === "tsa" ? "by a time stamp" : "by the sealer's clock";
  const when = sealed_at === null ? "" : ` at ${sealed_at} (${how})`;
  const who = sealed_by || "somebody whose certificate bears no name";
  return `The document is as it was sealed by ${who}${when}.`;
}

/**
 * Gives the checks `proof` and `person` of the report on a proof.
 *
 * Persons are looked at only where the proof holds; identities that do not settle the question
 * are no failure.
 */
export function proofChecks(proof: Report): Check[] {
  if (proof.verdict !== "yes") {
    const failed = proof.checks.filter((one) => one.outcome === "no").map((one) => one.name);
    const names = [...new Set(failed)].join(", ");
    return [check("proof", "no", `the proof does not hold: ${names}`)];
  }
  const count = proof.certifications.length;
  return [check("proof", "yes", `${count} certification(s) are in the log`), personCheck(proof)];
}

function personCheck({ same_person }: Report): Check {
  if (same_person === false) {
    return check("person", "no", "the certifications belong to different persons");
  }
  const reason = same_person
    ? "all identities shown are one person's"
    : "the identities shown do not contradict each other";
  return check("person", "yes", reason);
}

/** Reports on a proof bundle alone; bytes that do not begin as one are of no known kind. */
export function reportBundle(
  data: Uint8Array,
  policyText: string,
  options: VerifyOptions = {},
): CvReport {
  if (!startsLikeBundle(data)) {
    return reportUnreadable("unknown", "this is none of a PDF file, a JSON CV, or a proof bundle");
  }
  const proof = verifyBundle(data, policyText, options);
  if (proof.verdict === "unreadable") {
    const reason = `it is no proof bundle: ${proof.checks[0]?.reason}`;
    const failed = check("readable", "no", reason);
    return conclude("bundle", [failed], plainDocument("unreadable"), proof);
  }
  const made = [check("readable", "yes", "a proof bundle"), ...proofChecks(proof)];
  return conclude("bundle", made, plainDocument("not provable"), proof);
}

/** Tells whether bytes begin as a proof bundle does, or mean to. */
export function startsLikeBundle(data: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(data.subarray(0, BUNDLE_START.length));
  return start === BUNDLE_START;
}

/** Reports on a PDF, given what was found about the file itself. */
export function reportPdf(
  findings: PdfFindings,
  policyText: string,
  options: VerifyOptions = {},
): CvReport {
  const { checks, attachment, document } = findings;
  if (attachment === null) return conclude("pdf", checks, document);
  const proof = verifyBundle(attachment, policyText, options);
  return conclude("pdf", [...checks, ...proofChecks(proof)], document, proof);
}

/** Reports on the text of a summary's QR code; a line end behind it is passed over. */
export function reportSummary(text: string | Uint8Array, roots: SealRoots): CvReport {
  const made: Check[] = [];
  const document = plainDocument("not provable");
  try {
    const note = attempt(made, "readable", "the text of a QR code", () => {
      const decoded = typeof text === "string" ? text : fromUtf8(text);
      return decodeSummary(decoded.replace(/\n$/, "").replace(/\r$/, ""));
    });
    const summary = attempt(made, "summary", "it has the form of a summary", () =>
      parseSummary(note),
    );
    attempt(made, "signature", "signed by the operator's key for summaries", () =>
      verifySummarySignature(note, roots.summaries),
    );
    return conclude("summary", made, document, null, summary);
  } catch (error) {
    if (!isRefusal(error)) return reportUnreadable("summary", "the verifier itself failed");
    const read = outcomeOf(made, "readable") === "yes";
    return conclude("summary", made, read ? document : plainDocument("unreadable"));
  }
}

/** Notes whether what must succeed did; throws on when it did not. */
export function attempt<T>(made: Check[], name: string, reason: string, work: () => T): T {
  try {
    const value = work();
    made.push(check(name, "yes", reason));
    return value;
  } catch (error) {
    if (isRefusal(error)) made.push(check(name, "no", error.message));
    throw error;
  }
}

/** Reports on what cannot be read, or could not be verified to the end. */
export function reportUnreadable(kind: DocumentKind, reason: string): CvReport {
  return conclude(kind, [check("readable", "no", reason)], plainDocument("unreadable"));
}
