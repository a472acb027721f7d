/**
 * What a document is, once its checks are made: a level, and the verdict that goes with it.
 *
 * The first level that fits is the one. Source: docs/formats.md section 20.
 */

import type { Check, DocumentKind, Level, Outcome, Report, Verdict } from "./types.ts";

/** What is known of a document besides its checks. */
export interface Facts {
  kind: DocumentKind;
  /** Something in it is a proof, or claims to be one. */
  claimsProof: boolean;
  /** There is a trace of a signature, whatever it is worth. */
  isSigned: boolean;
  /** A revision of it that was sealed by a trusted key carries another proof. */
  hidesProof: boolean;
}

/** Checks that tell whether a signed document is as it was signed. */
const INTACT = ["seal", "seal-coverage", "signature"];
/** Checks that tell whether its signer is trusted. */
const TRUSTED = ["seal-trust", "issuer"];

/** Returns the outcome of a check, `n/a` where it was not made. */
export function outcomeOf(checks: readonly Check[], name: string): Outcome {
  return checks.find((one) => one.name === name)?.outcome ?? "n/a";
}

/** Returns the level of a document whose checks were made, each name at least once. */
export function levelOf(facts: Facts, checks: readonly Check[]): Level {
  const { kind, claimsProof, isSigned, hidesProof } = facts;
  const fails = (name: string) => outcomeOf(checks, name) === "no";
  const isProven = outcomeOf(checks, "proof") === "yes";
  const isDocument = kind === "pdf" || kind === "json";
  if (fails("readable")) return "refused";
  if (!claimsProof) return "no-proof";
  if (isProven && (fails("holder-name") || hidesProof)) return "impersonation";
  if (isProven && fails("person")) return "other-persons";
  if (isDocument && isSigned && INTACT.some(fails)) return "modified";
  if (kind === "bundle" && isProven) return "proof";
  if (isDocument && isProven && !isSigned) return "not-original";
  return levelOfSigned(kind, isProven, checks);
}

function levelOfSigned(kind: DocumentKind, isProven: boolean, checks: readonly Check[]): Level {
  const failed = checks.filter(({ outcome }) => outcome === "no").map(({ name }) => name);
  if (isProven && failed.length > 0 && failed.every((name) => TRUSTED.includes(name))) {
    return "untrusted-seal";
  }
  // A name at the top may be missing; whatever else was not looked at is never taken for good.
  const holds = checks.every(({ name, outcome }) => outcome === "yes" || isUncompared(name, outcome));
  if (!holds) return "refused";
  return kind === "summary" ? "paper" : "original";
}

function isUncompared(name: string, outcome: Outcome): boolean {
  return name === "holder-name" && outcome === "n/a";
}

/** Returns the verdict of a level: the table's, or that of the certifications. */
export function verdictOf(level: Level, checks: readonly Check[], proof: Report | null): Verdict {
  switch (level) {
    case "no-proof":
      return "unreadable";
    case "paper":
      return "attention";
    case "proof":
    case "original":
      return proof?.verdict ?? "no";
    case "refused":
      return outcomeOf(checks, "readable") === "no" ? "unreadable" : "no";
    default:
      return "no";
  }
}
