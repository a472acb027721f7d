/** Reports on bundles: what is proven, of whom, and what is not. */

import { encodeBase64 } from "./encoding.ts";
import type { Trees } from "./log.ts";
import { groupPersons, isSamePerson } from "./person.ts";
import type { VerifiedCheckpoint } from "./policy.ts";
import { describeLines } from "./sentences.ts";
import type { CertificationReport, Check, CheckpointReport, Report } from "./types.ts";

/** Reports that nothing is proven, and why. */
export function refuse(verdict: "no" | "unreadable", checks: Check[], day: string | null): Report {
  const failed = checks.filter((check) => check.outcome === "no");
  return {
    format: "provenance-report/1",
    verdict,
    day,
    summary: [
      "Nothing is proven by this bundle.",
      ...failed.map(({ name, reason }) => `${name}: ${reason}`),
    ],
    checks,
    checkpoint: null,
    later: null,
    certifications: [],
    persons: [],
    same_person: null,
  };
}

/** Reports what is proven, and of whom. */
export function accept(
  checks: Check[],
  certifications: CertificationReport[],
  trees: Trees,
  day: string | null,
): Report {
  const { origin, size } = trees.first.checkpoint;
  const onePerson = isSamePerson(certifications);
  const hasReason = certifications.some(({ reasons }) => reasons.length > 0);
  return {
    format: "provenance-report/1",
    verdict: hasReason ? "attention" : "yes",
    day,
    summary: [
      ...describeLines(certifications, origin, size, day),
      describePersons(onePerson),
      "Not proven: that what the certifier states is true.",
      "Each record may hold more fields than are shown; how many is not known.",
    ],
    checks,
    checkpoint: reportCheckpoint(trees.first),
    later: trees.later && reportCheckpoint(trees.later),
    certifications,
    persons: groupPersons(certifications),
    same_person: onePerson,
  };
}

function reportCheckpoint(verified: VerifiedCheckpoint): CheckpointReport {
  const { checkpoint, witnesses, witnessedAtS } = verified;
  return {
    origin: checkpoint.origin,
    size: Number(checkpoint.size),
    root: encodeBase64(checkpoint.root),
    witnesses,
    witnessed_at_s: witnessedAtS === null ? null : Number(witnessedAtS),
  };
}

function describePersons(onePerson: boolean | null): string {
  if (onePerson === null) return "Whether they all belong to one person is not shown.";
  return onePerson
    ? "All identities shown are one person's."
    : "They belong to different persons.";
}
