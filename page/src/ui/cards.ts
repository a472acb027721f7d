import type { CertificationReport, CvReport } from "../core/index.ts";
import { el } from "./dom.ts";
import { type Group, type Holder, type Shown, groupsIn } from "./judge.ts";
import { renderOrigin } from "./origin.ts";
import { type Language, type Words, formatDay, formatTime } from "./words.ts";

/** What the proof shows, in its own words; nothing here comes from the document's text. */
export function renderGuaranteed(
  report: CvReport,
  words: Words,
  language: Language,
  nowMs: number,
): HTMLElement | null {
  const groups = groupsIn(report);
  if (groups.length === 0) return null;
  const [title, lead] =
    report.level === "paper"
      ? [words.signed, words.signedLead]
      : report.verdict === "yes"
        ? [words.guaranteed, words.guaranteedLead]
        : [words.held, words.heldLead];
  return el(
    "section",
    { class: "guaranteed", "aria-labelledby": "guaranteed" },
    el("h2", { id: "guaranteed" }, title),
    el("p", { class: "lead" }, lead),
    renderPersons(report, groups, words),
    ...groups.map((group) => renderGroup(group, words, language, nowMs)),
  );
}

/** Several names in one proof need not be one person's. */
function renderPersons(
  report: CvReport,
  groups: readonly Group[],
  words: Words,
): HTMLElement | null {
  const names = groups.filter(({ kind }) => kind !== "nobody").length;
  if (names < 2) return null;
  const isOther = report.proof?.same_person === false;
  return el("p", { class: "holder odd" }, isOther ? words.holders : words.holderUnsettled);
}

/** The certifications of one person, or those that are tied to nobody, under a heading that says so. */
function renderGroup(
  { kind, holder, shown }: Group,
  words: Words,
  language: Language,
  nowMs: number,
): HTMLElement {
  const isTied = kind === "person" && holder !== null;
  const label = isTied ? words.holder : kind === "surname" ? words.surname : words.nobody;
  const hint = isTied
    ? words.holderCompare
    : kind === "surname"
      ? words.surnameHint
      : words.nobodyHint;
  return el(
    "div",
    { class: `group ${isTied ? "tied" : "untied"}` },
    el(
      "div",
      { class: "holder" },
      el("p", { class: isTied ? "label" : "label odd" }, label),
      holder && el("p", { class: isTied ? "name" : "surname" }, ...nameOf(holder, words, language)),
      el("p", { class: "hint" }, hint),
    ),
    el("ul", { class: "cards" }, ...shown.map((one) => renderCard(one, words, language, nowMs))),
  );
}

/** A name as the proof has it, with the usage name and the day of birth where it shows them. */
export function nameOf(holder: Holder, words: Words, language: Language): (string | Node)[] {
  const more = [
    holder.usageName === null ? null : words.usage(holder.usageName),
    holder.born === null ? null : words.born(formatDay(holder.born, language)),
  ].filter((one) => one !== null);
  return [holder.name, ...more.map((one) => el("span", null, `, ${one}`))];
}

function renderCard(one: Shown, words: Words, language: Language, nowMs: number): HTMLElement {
  const code = one.code ?? "—";
  const kind = one.type === null ? null : (words.card.kinds[one.type] ?? one.type);
  const heading = [one.title === null ? null : code, kind, one.option].filter(Boolean);
  const standing = one.standing === "in force" ? "in-force" : one.standing;
  return el(
    "li",
    {
      class: `card ${standing} ${one.reasons.length === 0 ? "sound" : "doubted"}`,
      "data-code": code,
    },
    el(
      "div",
      { class: "card-head" },
      el(
        "div",
        null,
        el("h3", null, one.title ?? code),
        el("p", { class: "kind" }, heading.join(" · ")),
        renderTitleSource(one, words, language),
      ),
      renderStanding(one, words, language),
    ),
    ...renderRemarks(one, words, nowMs),
    renderFacts(one, words, language),
    renderOrigin(one, words),
    renderLink(one, words),
    renderMore(one, words, language),
  );
}

/** A title is the register's; on paper it is only as good as the operator's signature. */
function renderTitleSource(one: Shown, words: Words, language: Language): HTMLElement | null {
  if (one.title === null) return null;
  const said = words.card;
  const text =
    one.registerDate === null
      ? said.titleSigned
      : said.titleSource(formatDay(one.registerDate, language));
  return el("p", { class: "kind" }, text);
}

function renderFacts(one: Shown, words: Words, language: Language): HTMLElement {
  const said = words.card;
  const certifier =
    one.certifier === null ? "—" : `${one.certifierName ?? said.unnamed} (${one.certifier})`;
  return el(
    "dl",
    { class: "facts" },
    ...fact(said.certifier, certifier),
    ...fact(said.awarded, one.awarded === null ? null : formatDay(one.awarded, language)),
    ...fact(
      said.ends,
      one.isUnlimited ? said.noEnd : one.ends === null ? null : formatDay(one.ends, language),
    ),
    ...fact(said.level, one.level),
    ...fact(said.registerLevel, one.registerLevel === null ? null : String(one.registerLevel)),
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

/** Every reason, in a sentence of its own, and what else is to be known of one certification. */
function renderRemarks({ reasons, proven }: Shown, words: Words, nowMs: number): HTMLElement[] {
  const remarks = reasons.map((reason) => asSentence(words.reasons[reason]));
  // That the identity is missing is a reason of its own.
  const lacks = (proven?.lacks ?? []).filter((name) => name !== "identity");
  if (lacks.length > 0) remarks.push(words.card.lacks(lacks.join(", ")));
  if (proven !== null && Date.parse(proven.time) > nowMs) remarks.push(words.card.future);
  const list = remarks.map((one) => el("li", { class: "remark" }, one));
  return list.length === 0 ? [] : [el("ul", { class: "remarks" }, ...list)];
}

const asSentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`;

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
  return el(
    "details",
    null,
    el("summary", null, said.more),
    el(
      "dl",
      { class: "facts" },
      ...fact(said.entry, String(proven.index)),
      ...fact(said.recorded, formatTime(proven.time, language)),
      ...fact(said.registrations, registrationsOf(proven)),
      ...fact(said.changedBy, proven.changed_by === null ? null : String(proven.changed_by)),
      ...proven.fields.flatMap(([name, value]) =>
        fact(
          name,
          typeof value === "object" && value !== null ? JSON.stringify(value) : String(value),
        ),
      ),
    ),
    proven.unknown_fields > 0 && el("p", null, said.unknownFields(proven.unknown_fields)),
  );
}

function registrationsOf({ registration, certifier_registration }: CertificationReport): string {
  return [registration, certifier_registration].filter((one) => one !== null).join(", ");
}
