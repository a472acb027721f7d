/** Reports on bundles: what is proven, of whom, and what is not. */

import { encodeBase64 } from "./encoding.ts";
import type { Trees } from "./log.ts";
import { groupPersons, isSamePerson } from "./person.ts";
import type { VerifiedCheckpoint } from "./policy.ts";
import type { CertificationReport, Check, CheckpointReport, Report } from "./types.ts";

/** Reports that nothing is proven, and why. */
export function refuse(verdict: "no" | "unreadable", checks: Check[]): Report {
  const failed = checks.filter((check) => check.outcome === "no");
  return {
    format: "provenance-report/1",
    verdict,
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
): Report {
  const { origin, size } = trees.first.checkpoint;
  const onePerson = isSamePerson(certifications);
  return {
    format: "provenance-report/1",
    verdict: "yes",
    summary: [
      `Proven: ${certifications.length} certification(s), recorded as shown.`,
      `They stand in the log ${origin}, at size ${size}.`,
      ...certifications.map(describeStanding),
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

function describeStanding(one: CertificationReport): string {
  if (one.status === "unknown") {
    return `Entry ${one.index}: whether it was taken back since is unknown.`;
  }
  const by = one.changed_by === null ? "" : ` by entry ${one.changed_by}, ${one.changed_time}`;
  const asOf =
    one.as_of_time === null ? "" : ` as of entry ${one.as_of_index}, ${one.as_of_time}`;
  const parted = by && asOf ? `,${asOf}` : asOf;
  const provisional = one.provisional ? " It is provisional: a final one is to follow." : "";
  return `Entry ${one.index} is ${one.status}${by}${parted}.${provisional}`;
}

function describePersons(onePerson: boolean | null): string {
  if (onePerson === null) return "Whether they all belong to one person is not shown.";
  return onePerson
    ? "All identities shown are one person's."
    : "They belong to different persons.";
}
