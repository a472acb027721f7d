import {
  type CertificationReport,
  type CvReport,
  type Field,
  isProven,
  type Printed,
  type Reason,
  type Report,
  type StatusWord,
  type Value,
} from "../core/index.ts";
import type { Oddity } from "../documents/recognise.ts";
/** `plain` is a yes that may not be green, since the document as a whole is not one. */

export type Tone = "good" | "plain" | "warn" | "bad" | "unknown";
export type Standing = StatusWord | "expired" | "not-yet-valid" | "provisional";
export type Headline =
  | "original"
  | "originalJson"
  | "originalBundle"
  | "attention"
  | "noneInForce"
  | "tiedToNobody"
  | "persons"
  | "paper"
  | "notOriginal"
  | "modified"
  | "recoverable"
  | "untrusted"
  | "impersonation"
  | "claims"
  | "active"
  | "refused"
  | "noProof"
  | "asItIs"
  | "unreadable";

/** One certification as a card shows it, be it from a proof or from a printed summary. */
export interface Shown {
  index: number;
  type: string | null;
  code: string | null;
  /** The wording of the national register, as of `registerDate` where the ledger proves it. */
  title: string | null;
  registerLevel: number | null;
  registerDate: string | null;
  certifier: string | null;
  certifierName: string | null;
  awarded: string | null;
  ends: string | null;
  /** The proof shows that there is no end, which is something else than showing none. */
  isUnlimited: boolean;
  level: string | null;
  option: string | null;
  standing: Standing;
  asOf: string | null;
  /** Why it may not be relied on without a second look; what is green has none. */
  reasons: readonly Reason[];
  proven: CertificationReport | null;
}

export interface Holder {
  name: string;
  usageName: string | null;
  born: string | null;
}

/** Whose certifications are: one person's, of somebody with that surname, or nobody's. */
export interface Group {
  kind: "person" | "surname" | "nobody";
  holder: Holder | null;
  shown: Shown[];
}

const HOLDER = "identificationTitulaire";
/** Reasons that say that a certification does not hold, or not any more, or not yet. */
const TAKEN_BACK: readonly Reason[] = ["withdrawn", "superseded", "erased", "expired"];
const UNSETTLED_STATUS: readonly Reason[] = [
  "provisional",
  "status-unknown",
  "status-old",
  "not-yet-valid",
  "date-unknown",
  "incomplete",
];
/** Reasons that say that nobody knows whose a certification is. */
const UNTIED: readonly Reason[] = ["no-identity", "name-only"];
const PERSONS: readonly Reason[] = [...UNTIED, "other-person", "person-unsettled"];

const textOf = (value: Value | undefined): string | null =>
  typeof value === "string" && value !== "" ? value : null;
const fieldsOf = (fields: readonly Field[]): Map<string, Value> => new Map(fields);

const hasAny = ({ reasons }: Shown, some: readonly Reason[]): boolean =>
  reasons.some((one) => some.includes(one));

/** What a certification is called in one word: never in force where a date says otherwise. */
function standingOf(status: StatusWord, reasons: readonly Reason[]): Standing {
  if (status !== "in force") return status;
  const words = ["expired", "not-yet-valid", "provisional"] as const;
  return words.find((one) => reasons.includes(one)) ?? "in force";
}

function shownOf(one: CertificationReport): Shown {
  const fields = fieldsOf(one.fields);
  const hasLevel = fields.get("presenceNiveauLangueEuro") === true;
  return {
    index: one.index,
    type: textOf(fields.get("type")),
    code: textOf(fields.get("code")),
    title: one.title,
    registerLevel: one.level,
    registerDate: one.register_date,
    certifier: one.certifier,
    certifierName: one.certifier_name,
    awarded: textOf(fields.get("dateDebutValidite")),
    ends: textOf(fields.get("dateFinValidite")),
    isUnlimited: fields.get("dateFinValidite") === null,
    level: hasLevel ? textOf(fields.get("niveauLangueEuropeen")) : null,
    option: textOf(fields.get("libelleOption")),
    standing: standingOf(one.status, one.reasons),
    asOf: one.as_of_time,
    reasons: one.reasons,
    proven: one,
  };
}

function shownOfLine(line: Printed["certifications"][number], time: string): Shown {
  const [index, type, code, certifier, certifierName, awarded, ends, level, status, ...more] = line;
  const [title, registerLevel, reasons] = more;
  return {
    index,
    type,
    code,
    title,
    registerLevel,
    registerDate: null,
    certifier,
    certifierName,
    awarded,
    ends,
    level,
    isUnlimited: ends === null,
    option: null,
    standing: standingOf(status, reasons),
    asOf: time,
    reasons,
    proven: null,
  };
}

/** What is proven, or signed in a summary; nothing where neither holds. */
export function shownIn({ proof, level, printed }: CvReport): Shown[] {
  if (proof !== null && isProven(proof)) return proof.certifications.map(shownOf);
  if (level !== "paper" || printed === null) return [];
  return printed.certifications.map((line) => shownOfLine(line, printed.time));
}

/**
 * Whose the certifications are. One whose identity is not shown is under nobody's name, whatever
 * stands beside it.
 */
export function groupsIn(report: CvReport): Group[] {
  const shown = shownIn(report);
  if (shown.length === 0) return [];
  const { proof, printed } = report;
  if (proof === null) {
    return printed === null ? [] : [{ kind: "person", holder: holderOfSummary(printed), shown }];
  }
  const groups = proof.persons.map((person): Group => {
    const own = shown.filter(({ index }) => person.certifications.includes(index));
    const holder = holderIn(proof, person.certifications[0]);
    return { kind: person.kind === "national" ? "surname" : "person", holder, shown: own };
  });
  const tied = new Set(proof.persons.flatMap(({ certifications }) => certifications));
  const rest = shown.filter(({ index }) => !tied.has(index));
  if (rest.length > 0) groups.push({ kind: "nobody", holder: null, shown: rest });
  // People come first; what is tied to nobody is the last thing that is read.
  return [...groups].sort((one, other) => rankOf(one) - rankOf(other));
}

const rankOf = ({ kind }: Group): number => ["person", "surname", "nobody"].indexOf(kind);

const holderOfSummary = ({ holder: [name, first, born] }: Printed): Holder => ({
  name: `${first} ${name}`,
  usageName: null,
  born,
});

function holderIn({ certifications }: Report, index: number | undefined): Holder | null {
  const one = certifications.find((each) => each.index === index);
  return one === undefined ? null : holderOfFields(fieldsOf(one.fields));
}

/** The name in the identity that is shown; a date of birth only where it is whole. */
export function holderOfFields(fields: Map<string, Value>): Holder | null {
  const at = (name: string) => fields.get(`${HOLDER}.${name}`);
  const last =
    textOf(at("titulaire.nomNaissance")) ??
    textOf(at("dossierFormation.nomTitulaire")) ??
    textOf(at("identifiantNational.nomNaissance"));
  if (last === null) return null;
  const first = textOf(at("titulaire.prenom1")) ?? textOf(at("dossierFormation.prenom1Titulaire"));
  const [year, month, day] = ["annee", "mois", "jour"].map((part) =>
    at(`titulaire.${part}Naissance`),
  );
  const isWhole = [year, month, day].every((one) => typeof one === "number");
  const born = isWhole
    ? `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`
    : null;
  const usageName = textOf(at("titulaire.nomUsage"));
  return { name: first === null ? last : `${first} ${last}`, usageName, born };
}

/** The one person whose the whole document is, where everything in it is that person's. */
export function onlyHolder(report: CvReport): Holder | null {
  const groups = groupsIn(report);
  const [only] = groups;
  return groups.length === 1 && only?.kind === "person" ? only.holder : null;
}

/** Green only where everything holds and nothing that is shown has a reason to look twice. */
export function toneOf(report: CvReport): Tone {
  switch (report.verdict) {
    case "yes":
      return "good";
    case "attention":
      return "warn";
    case "unreadable":
      return "unknown";
    default:
      return isMild(report) ? "warn" : "bad";
  }
}

/** Files that were saved again, or written on: nobody needs to have meant any harm. */
const isMild = ({ level, recoverable }: CvReport): boolean =>
  level === "not-original" || (level === "modified" && recoverable);

/** A yes inside of a document that is none stays a yes, but is not green. */
export const toneOfYes = ({ verdict, level }: CvReport): Tone =>
  verdict === "no" || level === "paper" ? "plain" : "good";

/** How the status of what is shown is to be told: in force, taken back, or with a doubt. */
export function statusTone(shown: readonly Shown[]): "good" | "warn" | "bad" {
  const isDoubtful = (one: Shown) => hasAny(one, [...TAKEN_BACK, ...UNSETTLED_STATUS]);
  if (!shown.some(isDoubtful)) return "good";
  return isNoneInForce(shown) ? "bad" : "warn";
}

const isNoneInForce = (shown: readonly Shown[]): boolean =>
  shown.length > 0 && shown.every((one) => hasAny(one, TAKEN_BACK));

/** Whether anything is shown of which nobody knows whose it is, or that is somebody else's. */
export const hasPersonDoubt = (shown: readonly Shown[]): boolean =>
  shown.some((one) => hasAny(one, PERSONS));

/** How many were deposited for a certifier who has not signed, and need not know of it. */
export const countOnBehalf = (shown: readonly Shown[]): number =>
  shown.filter(({ proven, certifier }) => proven !== null && certifier !== proven.depositor).length;

/** Every reason that something is shown with, and how often, in the order of reports. */
export function countReasons(shown: readonly Shown[]): [Reason, number][] {
  const counts = new Map<Reason, number>();
  for (const reason of shown.flatMap(({ reasons }) => reasons)) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts];
}

const LEVEL_HEADLINES = {
  impersonation: "impersonation",
  "other-persons": "persons",
  "not-original": "notOriginal",
  "untrusted-seal": "untrusted",
  "no-proof": "noProof",
  paper: "paper",
} as const;

/** What cannot be read as it is; whether there is a proof in it, nobody has seen. */
const PACKED: readonly (Oddity | null)[] = [
  "mark",
  "utf-16",
  "zip",
  "gzip",
  "picture",
  "codes",
  "no-code",
];

export function headlineOf(report: CvReport, oddity: Oddity | null): Headline {
  const { level, kind, recoverable, verdict } = report;
  if (verdict === "unreadable" && PACKED.includes(oddity)) return "asItIs";
  switch (level) {
    case "modified":
      return recoverable ? "recoverable" : "modified";
    case "refused":
      return refusedHeadline(report);
    case "original":
    case "proof":
      if (verdict === "attention") return attentionHeadline(shownIn(report));
      if (kind === "bundle") return "originalBundle";
      return kind === "json" ? "originalJson" : "original";
    default:
      return LEVEL_HEADLINES[level];
  }
}

function attentionHeadline(shown: readonly Shown[]): Headline {
  if (shown.some((one) => one.reasons.includes("other-person"))) return "persons";
  if (isNoneInForce(shown)) return "noneInForce";
  return shown.some((one) => hasAny(one, UNTIED)) ? "tiedToNobody" : "attention";
}

function refusedHeadline({ verdict, checks, proof }: CvReport): Headline {
  if (verdict === "unreadable") return "unreadable";
  const failing = checks.filter(({ outcome }) => outcome === "no").map(({ name }) => name);
  if (proof === null || !isProven(proof)) return "refused";
  if (failing.includes("agreement")) return "claims";
  return failing.includes("content") ? "active" : "refused";
}
