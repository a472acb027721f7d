/**
 * What a verification found, as the page and other programs read it.
 *
 * The objects are those of the formats `provenance-report/1` and `provenance-document-report/1`,
 * member for member and in this order; `JSON.stringify` of one gives the same text as the
 * command `provenance verify --json`.
 */

export type Outcome = "yes" | "no" | "n/a";
/**
 * `yes`: everything holds, without reservation. `attention`: it holds, and something that is
 * shown has a reason to look twice. `no`: a check fails. `unreadable`: it is nothing of ours.
 */
export type Verdict = "yes" | "attention" | "no" | "unreadable";
export type StatusWord = "in force" | "superseded" | "withdrawn" | "erased" | "unknown";
export type Level =
  | "no-proof"
  | "impersonation"
  | "other-persons"
  | "modified"
  | "proof"
  | "not-original"
  | "untrusted-seal"
  | "paper"
  | "original"
  | "refused";

/** Why what is proven may not be relied on without a second look, in the order of reports. */
export const REASONS = [
  "incomplete",
  "no-identity",
  "name-only",
  "provisional",
  "withdrawn",
  "superseded",
  "erased",
  "status-unknown",
  "status-old",
  "expired",
  "not-yet-valid",
  "date-unknown",
  "other-person",
  "person-unsettled",
] as const;
export type Reason = (typeof REASONS)[number];
/** Why a whole document may not be relied on without a second look. */
export type DocumentReason = "compare-paper";
/**
 * How keys came to be a depositor's own: as it was registered, by a signature of its earlier
 * keys, or put in their place by the operator.
 */
export type KeysWord = "registered" | "changed" | "reset";
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
  registration: number;
  certifier_registration: number | null;
  keys: KeysWord | null;
  limited: boolean;
  title: string | null;
  level: number | null;
  register_date: string | null;
  unknown_fields: number;
  reasons: Reason[];
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
  /** The day in Paris on which it was verified, `YYYY-MM-DD`. */
  day: string | null;
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
  languageLevel: string | null,
  status: Exclude<StatusWord, "unknown">,
  title: string | null,
  level: number | null,
];

/** What the note of a printed summary says. */
export interface Summary {
  origin: string;
  size: number;
  time: string;
  holder: SummaryHolder;
  certifications: SummaryLine[];
}

/** What a printed summary says, each line with its reasons behind it. */
export interface Printed extends Omit<Summary, "certifications"> {
  certifications: [...SummaryLine, reasons: Reason[]][];
}

/** The outcome of verifying one document, of whatever kind. */
export interface CvReport {
  format: "provenance-document-report/1";
  kind: DocumentKind;
  verdict: Verdict;
  level: Level;
  /** A revision that was sealed by a trusted key is intact inside. */
  recoverable: boolean;
  day: string | null;
  reasons: DocumentReason[];
  summary: string[];
  checks: Check[];
  document: DocumentReport;
  proof: Report | null;
  printed: Printed | null;
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
  /** Certificates (PEM) of the authorities whose time stamps are believed. */
  tsas?: readonly string[];
  /** The day in Paris, `YYYY-MM-DD`; without it no date is judged. */
  day?: string;
  /** Days that a status may be old; 180 where it is not given. */
  statusDays?: number;
}
