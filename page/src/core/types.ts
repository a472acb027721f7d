/**
 * What a verification found, as the page and other programs read it.
 *
 * The objects are those of the formats `provenance-report/1` and `provenance-document-report/1`,
 * member for member and in this order; `JSON.stringify` of one gives the same text as the
 * command `provenance verify --json`.
 */

export type Outcome = "yes" | "no" | "n/a";
export type Verdict = "yes" | "no" | "unreadable";
export type StatusWord = "in force" | "superseded" | "withdrawn" | "erased" | "unknown";
export type Level = "original" | "re-saved" | "forged" | "printed" | "refused";
export type DocumentKind = "pdf" | "json" | "summary" | "bundle" | "unknown";

export type Scalar = string | boolean | number | null;
/** The value of a field of a record. */
export type Value = Scalar | Record<string, Scalar>[];
/** Name and value of a field. */
export type Field = [name: string, value: Value];

/** One named check; `index` is the entry that it failed for, where it is about one. */
export interface Check {
  name: string;
  outcome: Outcome;
  reason: string;
  index: number | null;
}

/** A checkpoint; numbers beyond 2^53, which no real log reaches, are rounded here. */
export interface CheckpointReport {
  origin: string;
  size: number;
  root: string;
  witnesses: string[];
  /** POSIX seconds at which the policy's quorum was reached. */
  witnessed_at_s: number | null;
}

/** One proven certification; the members are explained in `provenance.report`. */
export interface CertificationReport {
  index: number;
  time: string;
  deposit: number;
  depositor: string;
  depositor_name: string;
  depositor_name_source: string;
  certifier: string | null;
  certifier_name: string | null;
  fields: Field[];
  hidden: number;
  identity: string | null;
  status: StatusWord;
  as_of_index: number | null;
  as_of_time: string | null;
  changed_by: number | null;
  changed_time: string | null;
  endorsed: boolean;
  endorsement: string | null;
  line_complete: boolean;
  lacks: string[];
  provisional: boolean | null;
}

/** Certifications (indexes) whose disclosed identities are equal and of one kind. */
export interface Person {
  kind: string;
  certifications: number[];
}

/** The outcome of verifying one proof bundle. */
export interface Report {
  format: "provenance-report/1";
  verdict: Verdict;
  summary: string[];
  checks: Check[];
  checkpoint: CheckpointReport | null;
  later: CheckpointReport | null;
  certifications: CertificationReport[];
  persons: Person[];
  same_person: boolean | null;
}

export type DocumentOutcome =
  | "as sealed"
  | "not sealed"
  | "altered"
  | "untrusted seal"
  | "not provable"
  | "unreadable";

/** Is the document as it was sealed, by whom and when. */
export interface DocumentReport {
  outcome: DocumentOutcome;
  sealed_by: string | null;
  sealed_at: string | null;
  time_source: "tsa" | "claimed" | null;
}

/** The holder in a printed summary. */
export type SummaryHolder = [name: string, firstName: string, born: string | null];
/** One certification in a printed summary, in the order of its line. */
export type SummaryLine = [
  index: number,
  type: string,
  code: string,
  certifier: string,
  certifierName: string | null,
  awarded: string,
  ends: string | null,
  level: string | null,
  status: string,
];

/** What a printed summary says. */
export interface Summary {
  origin: string;
  size: number;
  time: string;
  holder: SummaryHolder;
  certifications: SummaryLine[];
}

/** The outcome of verifying one document, of whatever kind. */
export interface CvReport {
  format: "provenance-document-report/1";
  kind: DocumentKind;
  verdict: Verdict;
  level: Level;
  summary: string[];
  checks: Check[];
  document: DocumentReport;
  proof: Report | null;
  printed: Summary | null;
}

/** What a verifier trusts for documents. */
export interface SealRoots {
  /** PEM text of each certificate that seals may chain to. */
  seals: string[];
  /** PEM text of each certificate that time stamps may chain to. */
  tsas: string[];
  /** Verifier keys (C2SP, Ed25519) that sign printed summaries. */
  summaries: string[];
  /** `did:key` of those who sign JSON CVs. */
  issuers: string[];
}

/** What the verifier of bundles is told besides the policy. */
export interface VerifyOptions {
  /** POSIX seconds; needed with `maxAgeS`. */
  nowS?: number;
  /** Seconds since the checkpoint was witnessed, at most. */
  maxAgeS?: number;
  /** Leaf hash of the log's first entry, where it is pinned. */
  genesis?: Uint8Array;
}
