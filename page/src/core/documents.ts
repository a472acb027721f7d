/**
 * Reports on documents of every kind: one place where checks become a level and a verdict.
 *
 * Three questions stay apart: is this document as it was sealed (`document`), is each
 * certification in the ledger (`proof`), and what is its status as of when (in `proof` too).
 */

import type { TopName } from "../pdf/metadata.ts";
import { fromUtf8 } from "./bytes.ts";
import { isRefusal } from "./errors.ts";
import { checkTopName } from "./holdername.ts";
import { type Facts, levelOf, outcomeOf, verdictOf } from "./levels.ts";
import { reasonsOfLine, type Today } from "./reasons.ts";
import { decodeSummary, parseSummary, verifySummarySignature } from "./summary.ts";
import type {
  Check,
  CvReport,
  DocumentKind,
  DocumentOutcome,
  DocumentReport,
  Level,
  Outcome,
  Printed,
  Report,
  SealRoots,
  Summary,
  VerifyOptions,
} from "./types.ts";
import { STATUS_DAYS, verifyBundle } from "./verifier.ts";

/** The checks of each kind of document, in their order. */
const CHECKS: Readonly<Record<DocumentKind, readonly string[]>> = {
  pdf: [
    "readable",
    "attachment",
    "seal",
    "seal-coverage",
    "content",
    "seal-trust",
    "proof",
    "person",
    "holder-name",
  ],
  json: [
    "readable",
    "document",
    "signature",
    "issuer",
    "proof",
    "agreement",
    "person",
    "holder-name",
  ],
  summary: ["readable", "summary", "signature"],
  bundle: ["readable", "proof"],
  unknown: ["readable"],
};
const LEVELS: Readonly<Record<Level, string>> = {
  "no-proof": "There is no proof in it; that says nothing about what it states.",
  impersonation: "The proof is genuine, and the document is somebody else's.",
  "other-persons": "The proof is genuine; its certifications belong to different persons.",
  modified: "The document was changed after it was sealed or signed, or its seal is broken.",
  proof: "This is a proof alone, and it holds.",
  "not-original": "The proof is genuine; the document around it is not sealed.",
  "untrusted-seal": "The proof is genuine; the document is sealed by somebody who is not trusted.",
  paper: "The summary is signed by the operator; compare what it says with the paper.",
  original: "The document is the original.",
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
  /** `readable` to `seal-trust`, as far as reached. */
  checks: Check[];
  /** The attachment's bytes, null where there is none that counts. */
  attachment: Uint8Array | null;
  document: DocumentReport;
  /** Something in the file bears the name of a proof. */
  claimsProof: boolean;
  topName: TopName;
}

/** What was found about a revision inside of a PDF that was changed after it was sealed. */
export interface Revision {
  /** There is one that is an original by itself. */
  isRecoverable: boolean;
  /** It carries another proof than the whole file does. */
  hidesProof: boolean;
}

/** What a report is made of. */
export interface Conclusion {
  kind: DocumentKind;
  /** The checks that were reached, in any order; one that failed several times as often. */
  made: readonly Check[];
  document: DocumentReport;
  day: string | null;
  claimsProof?: boolean;
  isSigned?: boolean;
  revision?: Revision;
  proof?: Report | null;
  printed?: Printed | null;
}

/** Makes a check that holds, or not. */
export function check(name: string, outcome: Outcome, reason: string): Check {
  return { name, outcome, reason, index: null };
}

/** Says nothing about a document but whether it is sealed. */
export function plainDocument(outcome: DocumentOutcome): DocumentReport {
  return { outcome, sealed_by: null, sealed_at: null, time_source: null };
}

/** Makes the report out of the checks that were reached; the others become `n/a`. */
export function conclude(found: Conclusion): CvReport {
  const { kind, made, document, day, revision } = found;
  const [proof, printed] = [found.proof ?? null, found.printed ?? null];
  const checks = CHECKS[kind].flatMap((name) => reached(name, made));
  const facts: Facts = {
    kind,
    claimsProof: found.claimsProof ?? true,
    isSigned: found.isSigned ?? false,
    hidesProof: revision?.hidesProof ?? false,
  };
  const level = levelOf(facts, checks);
  return {
    format: "provenance-document-report/1",
    kind,
    verdict: verdictOf(level, checks, proof),
    level,
    recoverable: revision?.isRecoverable ?? false,
    day,
    reasons: level === "paper" ? ["compare-paper"] : [],
    summary: describe(level, checks, document, proof),
    checks,
    document,
    proof,
    printed,
  };
}

/** Returns the checks of one name: its failures, or else what was found first. */
function reached(name: string, made: readonly Check[]): Check[] {
  const found = made.filter((one) => one.name === name);
  const failures = found.filter((one) => one.outcome === "no");
  if (failures.length > 0) return failures;
  return [found[0] ?? check(name, "n/a", "an earlier check failed")];
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
    ...(proof !== null && isProven(proof) ? proof.summary : []),
  ];
}

function describeDocument({ outcome, sealed_by, sealed_at, time_source }: DocumentReport): string {
  if (outcome !== "as sealed") return DOCUMENTS[outcome];
  const how = time_source === "tsa" ? "by a time stamp" : "by the sealer's clock";
  const when = sealed_at === null ? "" : ` at ${sealed_at} (${how})`;
  const who = sealed_by || "somebody whose certificate bears no name";
  return `The document is as it was sealed by ${who}${when}.`;
}

/** Returns whether a proof holds, with or without reasons to look twice. */
export function isProven({ verdict }: Report): boolean {
  return verdict === "yes" || verdict === "attention";
}

/** Returns the check `proof` of the report on a proof. */
export function proofCheck(proof: Report): Check {
  if (isProven(proof)) {
    return check("proof", "yes", `${proof.certifications.length} certification(s) are in the log`);
  }
  const failed = proof.checks.filter((one) => one.outcome === "no").map((one) => one.name);
  return check("proof", "no", `the proof does not hold: ${[...new Set(failed)].join(", ")}`);
}

/** Returns the check `person`; only persons that are different fail it. */
export function personCheck({ same_person }: Report): Check {
  if (same_person === false) {
    return check("person", "no", "the certifications belong to different persons");
  }
  const reason = same_person
    ? "all identities shown are one person's"
    : "the identities shown do not contradict each other";
  return check("person", "yes", reason);
}

/** Reports on a proof bundle alone; bytes that do not begin as one are of no known kind. */
export async function reportBundle(
  data: Uint8Array,
  policyText: string,
  options: VerifyOptions = {},
): Promise<CvReport> {
  const day = options.day ?? null;
  if (!startsLikeBundle(data)) {
    return reportUnknown("this is none of a PDF file, a JSON CV, or a proof bundle", day);
  }
  const proof = await verifyBundle(data, policyText, options);
  if (proof.verdict === "unreadable") {
    const reason = `it is no proof bundle: ${proof.checks[0]?.reason}`;
    const made = [check("readable", "no", reason)];
    return conclude({ kind: "bundle", made, document: plainDocument("unreadable"), day, proof });
  }
  const made = [check("readable", "yes", "a proof bundle"), proofCheck(proof)];
  return conclude({ kind: "bundle", made, document: plainDocument("not provable"), day, proof });
}

/** Returns whether bytes begin as a proof bundle does, or mean to. */
export function startsLikeBundle(data: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(data.subarray(0, BUNDLE_START.length));
  return start === BUNDLE_START;
}

/** Reports on a PDF, given what was found about the file itself, and inside of it. */
export async function reportPdf(
  findings: PdfFindings,
  policyText: string,
  options: VerifyOptions = {},
  revision: Revision = { isRecoverable: false, hidesProof: false },
): Promise<CvReport> {
  const { checks, attachment, document, claimsProof, topName } = findings;
  const isSigned = document.outcome !== "not sealed" && document.outcome !== "unreadable";
  const day = options.day ?? null;
  const found = { kind: "pdf", document, day, claimsProof, isSigned, revision } as const;
  if (attachment === null) return conclude({ ...found, made: checks });
  const proof = await verifyBundle(attachment, policyText, options);
  const made = [...checks, proofCheck(proof)];
  if (isProven(proof)) {
    const person = personCheck(proof);
    made.push(person);
    if (person.outcome === "yes") made.push(checkTopName(topName, proof));
  }
  return conclude({ ...found, made, proof });
}

/** Reports on the text of a summary's QR code; a line end behind it is passed over. */
export function reportSummary(
  text: string | Uint8Array,
  roots: SealRoots,
  options: VerifyOptions = {},
): CvReport {
  const made: Check[] = [];
  const day = options.day ?? null;
  const document = plainDocument("not provable");
  const found = { kind: "summary", made, document, day } as const;
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
    const today = { day, statusDays: options.statusDays ?? STATUS_DAYS };
    return conclude({ ...found, printed: withReasons(summary, today) });
  } catch (error) {
    if (!isRefusal(error)) return reportUnreadable("summary", "the verifier itself failed", day);
    const read = outcomeOf(made, "readable") === "yes";
    return conclude({ ...found, document: read ? document : plainDocument("unreadable") });
  }
}

function withReasons(summary: Summary, today: Today): Printed {
  return {
    ...summary,
    certifications: summary.certifications.map((line) => [
      ...line,
      reasonsOfLine(line, summary.time, today),
    ]),
  };
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
export function reportUnreadable(kind: DocumentKind, reason: string, day: string | null): CvReport {
  const made = [check("readable", "no", reason)];
  return conclude({ kind, made, document: plainDocument("unreadable"), day });
}

/** Reports on what is nothing of ours; the reason says what it is, where that can be told. */
export function reportUnknown(reason: string, day: string | null): CvReport {
  const made = [check("readable", "yes", reason)];
  const document = plainDocument("not provable");
  return conclude({ kind: "unknown", made, document, day, claimsProof: false });
}
