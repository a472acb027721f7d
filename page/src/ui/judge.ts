import type {
  CertificationReport,
  CvReport,
  Field,
  Report,
  StatusWord,
  Summary,
  SummaryLine,
  Value,
} from "../core/index.ts";

export type Tone = "good" | "warn" | "bad" | "unknown";
export type Standing = StatusWord | "expired";
export type Headline =
  | "original"
  | "originalJson"
  | "originalBundle"
  | "attention"
  | "printed"
  | "resaved"
  | "forged"
  | "untrusted"
  | "persons"
  | "claims"
  | "refused"
  | "unreadable";

/** One certification as a card shows it, be it from a proof or from a printed summary. */
export interface Shown {
  index: number;
  type: string | null;
  code: string | null;
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
  proven: CertificationReport | null;
}

export interface Holder {
  name: string;
  born: string | null;
}

const HOLDER = "identificationTitulaire";

const textOf = (value: Value | undefined): string | null =>
  typeof value === "string" && value !== "" ? value : null;
const fieldsOf = (fields: readonly Field[]): Map<string, Value> => new Map(fields);

/** A certification past its end is not in force, whatever the ledger's status says. */
function standingOf(status: string, ends: string | null, today: string): Standing {
  if (status === "in force" && ends !== null && ends.slice(0, 10) < today) return "expired";
  const known = ["in force", "superseded", "withdrawn", "erased"];
  return known.includes(status) ? (status as StatusWord) : "unknown";
}

function shownOf(one: CertificationReport, today: string): Shown {
  const fields = fieldsOf(one.fields);
  const ends = textOf(fields.get("dateFinValidite"));
  const hasLevel = fields.get("presenceNiveauLangueEuro") === true;
  return {
    index: one.index,
    type: textOf(fields.get("type")),
    code: textOf(fields.get("code")),
    certifier: one.certifier,
    certifierName: one.certifier_name,
    awarded: textOf(fields.get("dateDebutValidite")),
    ends,
    isUnlimited: fields.get("dateFinValidite") === null,
    level: hasLevel ? textOf(fields.get("niveauLangueEuropeen")) : null,
    option: textOf(fields.get("libelleOption")),
    standing: standingOf(one.status, ends, today),
    asOf: one.as_of_time,
    proven: one,
  };
}

function shownOfLine(line: SummaryLine, time: string, today: string): Shown {
  const [index, type, code, certifier, certifierName, awarded, ends, level, status] = line;
  return {
    index,
    type,
    code,
    certifier,
    certifierName,
    awarded,
    ends,
    level,
    isUnlimited: ends === null,
    option: null,
    standing: standingOf(status, ends, today),
    asOf: time,
    proven: null,
  };
}

/** What is proven, or signed in a summary; nothing where neither holds. */
export function shownIn(report: CvReport, nowMs: number): Shown[] {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  if (report.proof?.verdict === "yes")
    return report.proof.certifications.map((one) => shownOf(one, today));
  const { printed } = report;
  if (report.verdict !== "yes" || printed === null) return [];
  return printed.certifications.map((line) => shownOfLine(line, printed.time, today));
}

export function holderOf(report: CvReport): Holder | null {
  if (report.proof?.verdict === "yes")
    return report.proof.persons.length === 1 && report.proof.same_person !== false
      ? holderOfProof(report.proof)
      : null;
  return report.verdict === "yes" && report.printed !== null
    ? holderOfSummary(report.printed)
    : null;
}

const holderOfSummary = ({ holder: [name, first, born] }: Summary): Holder => ({
  name: `${first} ${name}`,
  born,
});

function holderOfProof({ persons, certifications }: Report): Holder | null {
  const index = persons[0]?.certifications[0];
  const one = certifications.find((each) => each.index === index);
  return one === undefined ? null : holderOfFields(fieldsOf(one.fields));
}

/** The name in the identity group that is shown; a date of birth only where it is whole. */
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
  return { name: first === null ? last : `${first} ${last}`, born };
}

/** Whose one certification is; it is tied to nobody where no whole identity is shown. */
export const personIn = (one: CertificationReport): Holder | null =>
  one.identity === null ? null : holderOfFields(fieldsOf(one.fields));

/** Green only where everything holds and everything shown is in force. */
export function toneOf(report: CvReport, shown: readonly Shown[]): Tone {
  if (report.verdict === "unreadable") return "unknown";
  if (report.verdict === "yes") return isAllInForce(shown) ? "good" : "warn";
  return report.level === "re-saved" ? "warn" : "bad";
}

export const isAllInForce = (shown: readonly Shown[]): boolean =>
  shown.length > 0 && shown.every((one) => one.standing === "in force" && !isLacking(one));

/** A certification that is provisional, or not certified, is no positive line of a CV. */
const isLacking = ({ proven }: Shown): boolean =>
  proven !== null &&
  (proven.provisional === true || fieldsOf(proven.fields).get("donneeCertifiee") === false);

export function headlineOf(report: CvReport, shown: readonly Shown[]): Headline {
  if (report.verdict === "unreadable") return "unreadable";
  if (report.verdict === "yes" && !isAllInForce(shown)) return "attention";
  if (report.level === "original")
    return report.kind === "json"
      ? "originalJson"
      : report.kind === "bundle"
        ? "originalBundle"
        : "original";
  if (report.level === "printed") return "printed";
  if (report.level === "re-saved") return "resaved";
  if (report.proof?.verdict === "yes" && report.proof.same_person === false) return "persons";
  if (
    report.level === "forged" &&
    report.checks.some((one) => one.name === "agreement" && one.outcome === "no")
  )
    return "claims";
  if (report.level === "forged")
    return report.document.outcome === "untrusted seal" ? "untrusted" : "forged";
  return "refused";
}
