/** A report in sentences, for people; what stands against relying on it comes first. */

import { timeMs } from "./entry.ts";
import { parisDay } from "./paris.ts";
import type { CertificationReport, Reason } from "./types.ts";

const REASON_WORDS: Readonly<Record<Reason, string>> = {
  incomplete: "a field that a line of a CV needs is not shown, or malformed",
  "no-identity": "tied to nobody: no identity is shown",
  "name-only": "tied to nobody: only a surname is shown",
  provisional: "provisional: a final one is to follow",
  withdrawn: "withdrawn",
  superseded: "superseded by a newer certification",
  erased: "erased",
  "status-unknown": "whether it was taken back is unknown",
  "status-old": "its status is of another time",
  expired: "expired",
  "not-yet-valid": "not valid yet",
  "date-unknown": "whether it is valid is unknown: no day was given",
  "other-person": "another person's than another one shown",
  "person-unsettled": "whether it is the same person's as the others is not settled",
};

/** Says what is proven of certifications, and how each stands. */
export function describeLines(
  certifications: readonly CertificationReport[],
  origin: string,
  size: bigint,
  day: string | null,
): string[] {
  const count = certifications.length;
  const what = count === 1 ? "1 certification" : `${count} certifications`;
  const doubts = certifications.filter(({ reasons }) => reasons.length > 0);
  const doubted = doubts.length === 0 ? "" : `; ${doubts.length} with a reason to look twice`;
  return [
    `Proven: ${what}, recorded as shown${doubted}.`,
    ...(doubts.length === 0 ? [] : [doubts.map(describeReasons).join(" ")]),
    `They are in the log ${origin}, at size ${size}.`,
    ...certifications.flatMap((one) => describeLine(one, day)),
  ];
}

function describeReasons({ index, reasons }: CertificationReport): string {
  return `Entry ${index}: ${reasons.map((reason) => REASON_WORDS[reason]).join("; ")}.`;
}

function describeLine(one: CertificationReport, day: string | null): string[] {
  const { index, as_of_index, as_of_time, endorsement, title, level, unknown_fields } = one;
  const sentences = [
    describeStanding(one),
    as_of_time === null ? null : describeFuture(`entry ${as_of_index}`, as_of_time, day),
    describeFuture(`entry ${index}`, one.time, day),
    describeDeposit(one),
    endorsement && `Entry ${index} is ${endorsement}.`,
    title === null
      ? null
      : `Entry ${index}: in the register of ${one.register_date} the code is “${title}”` +
        `${level === null ? "" : `, level ${level}`}.`,
    unknown_fields === 0
      ? null
      : `Entry ${index} shows ${unknown_fields} field(s) whose names this version does not know.`,
  ];
  return sentences.filter((one) => one !== null);
}

function describeStanding(one: CertificationReport): string {
  if (one.status === "unknown") {
    return `Entry ${one.index}: whether it was taken back since is unknown.`;
  }
  const { changed_by, changed_time, as_of_index, as_of_time } = one;
  const by = changed_time === null ? "" : ` by entry ${changed_by}, ${describeTime(changed_time)}`;
  const asOf =
    as_of_time === null ? "" : ` as of entry ${as_of_index}, ${describeTime(as_of_time)}`;
  return `Entry ${one.index} is ${one.status}${by}${by && asOf ? "," : ""}${asOf}.`;
}

/** Names a time that is later than the day of verification. */
function describeFuture(what: string, time: string, day: string | null): string | null {
  if (day === null || parisDay(timeMs(time)) <= day) return null;
  return `The time of ${what}, ${describeTime(time)}, is in the future: one clock is wrong.`;
}

/** Says who deposited, for whom, and who did not sign. */
function describeDeposit(one: CertificationReport): string {
  const { index, depositor, depositor_name, certifier, certifier_name, endorsed, limited } = one;
  const who = `${depositor} (${depositor_name})`;
  const signed = endorsed ? "has signed" : "has not signed";
  if (certifier === depositor) {
    return `Entry ${index} was deposited by its certifier ${who}, which ${signed}.`;
  }
  const limits = limited ? "" : `; ${depositor} is not limited to certain certifiers`;
  if (certifier === null) {
    return (
      `Entry ${index} was deposited by ${who}, which ${signed}; its certifier is not shown` +
      `${limits}.`
    );
  }
  const named = certifier_name === null ? "" : ` (${certifier_name})`;
  return (
    `Entry ${index} was deposited by ${who} on behalf of ${certifier}${named}; ${certifier} has ` +
    `not signed; ${depositor} ${signed}${limits}.`
  );
}

function describeTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}
