/** Reports on certifications; only for a bundle that passed all checks. */

import type { Contents } from "./contents.ts";
import type { Endorsed } from "./endorsement.ts";
import type { Items } from "./entries.ts";
import type { CertificationEntry } from "./entry.ts";
import { identityKind, personReasons } from "./person.ts";
import { lacking, reasonsOf, type Today } from "./reasons.ts";
import type { Register } from "./register.ts";
import type { Standing } from "./standing.ts";
import type { CertificationReport, KeysWord, Reason, Value } from "./types.ts";

/** What the checks of a bundle found about its certifications. */
export interface Found {
  items: Items;
  contents: Contents;
  endorsed: Endorsed;
  standings: ReadonlyMap<number, Standing>;
  register: Register;
}

const ENDORSEMENTS: Readonly<Record<KeysWord, string>> = {
  registered: "signed by the depositor itself, with keys as it was registered",
  changed: "signed by the depositor itself, with keys that it changed itself",
  reset: "signed with keys that the operator put in the place of the depositor's own",
};

/** Reports every line of a bundle, in the order of the log. */
export function reportLines(found: Found, today: Today): CertificationReport[] {
  const lines = [...found.contents.lines.values()];
  const shown = lines.map(({ index }) => ({ fields: [...found.contents.record(index).fields] }));
  const persons = personReasons(shown);
  return lines.map((entry, at) => reportLine(found, entry, today, persons[at] ?? []));
}

function reportLine(
  found: Found,
  entry: CertificationEntry,
  today: Today,
  persons: readonly Reason[],
): CertificationReport {
  const { index, time, deposit, depositor, registration, certifier_registration } = entry;
  const { contents, endorsed, standings } = found;
  const own = contents.registration(registration, depositor);
  const standing = standings.get(index);
  if (own === null || standing === undefined) throw new Error("not checked before");
  const { fields, unknown } = contents.record(index);
  const identity = identityKind(fields);
  const keys = endorsed.get(index) ?? null;
  return {
    index,
    time,
    deposit,
    depositor,
    depositor_name: own.name,
    depositor_name_source: `depositor entry ${registration}`,
    ...reportCertifier(contents, entry, fields),
    fields: [...fields],
    identity,
    ...reportStanding(standing, found.items),
    endorsed: keys !== null,
    endorsement: keys && ENDORSEMENTS[keys],
    ...reportNeeds(fields, identity),
    registration,
    certifier_registration,
    keys,
    limited: own.certifiers !== null,
    ...reportSheet(found.register, fields),
    unknown_fields: unknown,
    reasons: reasonsOf({ fields, identity, standing }, today, persons),
  };
}

/** Reports how a certification stands, as of when, and who changed that. */
function reportStanding({ word, status, changedBy }: Standing, items: Items) {
  return {
    status: word,
    as_of_index: status?.index ?? null,
    as_of_time: status?.time ?? null,
    changed_by: changedBy,
    changed_time: changedBy === null ? null : (items.get(changedBy)?.entry.time ?? null),
  };
}

/** Reports what a line of a CV needs and is not shown. */
function reportNeeds(fields: ReadonlyMap<string, Value>, identity: string | null) {
  const lacks = [...lacking(fields), ...(identity === null ? ["identity"] : [])];
  const final = fields.get("donneeCertifiee");
  const provisional = typeof final === "boolean" ? !final : null;
  return { line_complete: lacks.length === 0, lacks, provisional };
}

/** Reports what the national register says of the code that is shown. */
function reportSheet(register: Register, fields: ReadonlyMap<string, Value>) {
  const sheet = register.get(asString(fields.get("code")) ?? "");
  return {
    title: sheet?.title ?? null,
    level: sheet?.level ?? null,
    register_date: sheet?.date ?? null,
  };
}

/** Reports the certifier that is shown, under the name that the log has for it. */
function reportCertifier(
  contents: Contents,
  { depositor, registration, certifier_registration: other }: CertificationEntry,
  fields: ReadonlyMap<string, Value>,
): Pick<CertificationReport, "certifier" | "certifier_name"> {
  const certifier = asString(fields.get("certificateur"));
  if (certifier === null) return { certifier, certifier_name: null };
  const named = other ?? (certifier === depositor ? registration : null);
  const entry = named === null ? null : contents.registration(named, certifier);
  return { certifier, certifier_name: entry?.name ?? null };
}

function asString(value: Value | undefined): string | null {
  return typeof value === "string" ? value : null;
}
