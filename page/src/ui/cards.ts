import type { CvReport } from "../core/index.ts";
import { el } from "./dom.ts";
import { type Holder, type Shown, holderOf, personIn } from "./judge.ts";
import { type Language, type Words, formatDay, formatTime } from "./words.ts";

/** What the proof guarantees, in its own words; nothing here comes from the document's text. */
export function renderGuaranteed(
  report: CvReport,
  shown: readonly Shown[],
  words: Words,
  language: Language,
): HTMLElement | null {
  if (shown.length === 0) return null;
  const isOne = holderOf(report) !== null;
  return el(
    "section",
    { class: "guaranteed", "aria-labelledby": "guaranteed" },
    el("h2", { id: "guaranteed" }, words.guaranteed),
    el("p", { class: "lead" }, words.guaranteedLead),
    renderHolder(report, words, language),
    el("ul", { class: "cards" }, ...shown.map((one) => renderCard(one, words, language, !isOne))),
  );
}

function renderHolder(report: CvReport, words: Words, language: Language): HTMLElement {
  const holder = holderOf(report);
  const isOpen =
    report.proof !== null &&
    report.proof.same_person === null &&
    report.proof.certifications.length > 1;
  if (holder === null) {
    return el(
      "p",
      { class: "holder odd" },
      report.proof?.same_person === false ? words.holders : words.holderUnsettled,
    );
  }
  return el(
    "div",
    { class: "holder" },
    el("p", { class: "label" }, words.holder),
    el("p", { class: "name" }, holder.name, born(holder, words, language)),
    el("p", { class: "hint" }, isOpen ? words.holderUnsettled : words.holderCompare),
  );
}

const born = (holder: Holder, words: Words, language: Language): HTMLElement | null =>
  holder.born === null
    ? null
    : el("span", null, `, ${words.born(formatDay(holder.born, language))}`);

function renderCard(
  one: Shown,
  words: Words,
  language: Language,
  withPerson: boolean,
): HTMLElement {
  const person = withPerson && one.proven !== null ? personIn(one.proven) : null;
  const code = one.code ?? "—";
  return el(
    "li",
    { class: `card ${one.standing === "in force" ? "in-force" : one.standing}` },
    el(
      "div",
      { class: "card-head" },
      el(
        "div",
        null,
        el("h3", null, code),
        el(
          "p",
          { class: "kind" },
          [one.type === null ? null : (words.card.kinds[one.type] ?? one.type), one.option]
            .filter(Boolean)
            .join(" · "),
        ),
      ),
      renderStanding(one, words, language),
    ),
    withPerson &&
      el(
        "p",
        { class: "person" },
        person === null ? words.nobody : `${words.holder} : ${person.name}`,
        person && born(person, words, language),
      ),
    el(
      "dl",
      { class: "facts" },
      ...fact(
        words.card.certifier,
        `${one.certifierName ?? words.card.unnamed}${one.certifier === null ? "" : ` (${one.certifier})`}`,
      ),
      ...fact(words.card.awarded, one.awarded === null ? null : formatDay(one.awarded, language)),
      ...fact(
        words.card.ends,
        one.isUnlimited
          ? words.card.noEnd
          : one.ends === null
            ? null
            : formatDay(one.ends, language),
      ),
      ...fact(words.card.level, one.level),
    ),
    ...renderRemarks(one, words),
    renderLink(one, words),
    renderMore(one, words, language),
  );
}

function renderStanding(one: Shown, words: Words, language: Language): HTMLElement {
  const changed = one.proven?.changed_time ?? null;
  const when =
    changed !== null
      ? words.card.changed(formatDay(changed, language))
      : one.asOf === null
        ? null
        : words.card.asOf(formatDay(one.asOf, language));
  return el(
    "p",
    { class: "standing" },
    el("strong", null, words.status.words[one.standing]),
    when !== null && el("span", null, when),
  );
}

const fact = (name: string, value: string | null): HTMLElement[] =>
  value === null ? [] : [el("dt", null, ...breakable(name)), el("dd", null, value)];

/** Long names of fields may break behind a dot. */
const breakable = (name: string): Node[] =>
  name.split(/(?<=\.)(?=\w)/).flatMap((part) => [document.createTextNode(part), el("wbr", null)]);

function renderRemarks({ proven }: Shown, words: Words): HTMLElement[] {
  if (proven === null) return [];
  const remarks = [
    proven.provisional === true && words.card.provisional,
    proven.fields.some(([name, value]) => name === "donneeCertifiee" && value === false) &&
      words.card.notCertified,
    !proven.line_complete && `${words.card.incomplete} ${proven.lacks.join(", ")}`,
  ];
  return remarks.filter((one) => one !== false).map((one) => el("p", { class: "remark" }, one));
}

/** A link to the public register; nothing is asked of it unless somebody follows the link. */
function renderLink({ code }: Shown, words: Words): HTMLElement | null {
  const found = /^(RNCP|RS)(\d{1,6})$/.exec(code ?? "");
  if (found === null) return null;
  const href = `https://www.francecompetences.fr/recherche/${found[1]!.toLowerCase()}/${found[2]}/`;
  return el(
    "p",
    { class: "register" },
    el("a", { href, target: "_blank", rel: "noopener noreferrer" }, words.card.register),
  );
}

function renderMore({ proven }: Shown, words: Words, language: Language): HTMLElement | null {
  if (proven === null) return null;
  const said = words.card;
  const depositor = `${proven.depositor_name} (${proven.depositor})`;
  return el(
    "details",
    null,
    el("summary", null, said.more),
    el(
      "dl",
      { class: "facts" },
      ...fact(said.entry, String(proven.index)),
      ...fact(said.recorded, formatTime(proven.time, language)),
      ...fact(said.depositor, depositor),
      ...fact(said.endorsement, proven.endorsed ? (proven.endorsement ?? said.endorsed) : null),
      ...fact(said.changedBy, proven.changed_by === null ? null : String(proven.changed_by)),
      ...fact(said.hidden, String(proven.hidden)),
      ...proven.fields.flatMap(([name, value]) =>
        fact(
          name,
          typeof value === "object" && value !== null ? JSON.stringify(value) : String(value),
        ),
      ),
    ),
  );
}
