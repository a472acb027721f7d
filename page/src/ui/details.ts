import type { Check, CheckpointReport, CvReport } from "../core/index.ts";
import { el } from "./dom.ts";
import { type Language, type Words, formatTime } from "./words.ts";

/** What was verified, and when: the file by its hash, so that a statement says of which it speaks. */
export interface Subject {
  name: string | null;
  size: number;
  hash: string;
  verifiedAtMs: number;
}

const fact = (name: string, value: string | null, className?: string): HTMLElement[] =>
  value === null ? [] : [el("dt", null, name), el("dd", { class: className }, value)];

export function renderSubject(subject: Subject, words: Words, language: Language): HTMLElement {
  const said = words.details;
  return el(
    "dl",
    { class: "facts subject" },
    ...fact(said.file, subject.name ?? said.pasted),
    ...fact(said.size, said.bytes(subject.size.toLocaleString(language))),
    ...fact(said.hash, subject.hash, "hash"),
    ...fact(said.verifiedAt, `${formatTime(subject.verifiedAtMs, language)} (${said.byClock})`),
  );
}

export function renderDetails(report: CvReport, words: Words, language: Language): HTMLElement {
  const said = words.details;
  const { proof } = report;
  return el(
    "details",
    { class: "technical" },
    el("summary", null, said.title),
    renderChecks(said.checks, report.checks, words, language),
    proof && renderChecks(said.inner, proof.checks, words, language),
    proof?.checkpoint ? renderCheckpoint(proof.checkpoint, null, words, language) : null,
    proof?.later ? renderCheckpoint(proof.later, said.later, words, language) : null,
  );
}

function renderChecks(
  title: string,
  checks: readonly Check[],
  words: Words,
  language: Language,
): HTMLElement {
  const said = words.details;
  const head = [said.check, said.outcome, said.reason].map((one) =>
    el("th", { scope: "col" }, one),
  );
  const rows = checks.map((one) =>
    el(
      "tr",
      { class: `outcome-${one.outcome === "n/a" ? "na" : one.outcome}` },
      el(
        "th",
        { scope: "row" },
        words.checkNames[one.name] ?? one.name,
        " ",
        el("code", null, one.name),
      ),
      el("td", null, said.outcomes[one.outcome]),
      el(
        "td",
        { lang: language === "en" ? undefined : "en" },
        one.index === null ? one.reason : `${one.reason} (entry ${one.index})`,
      ),
    ),
  );
  return el(
    "div",
    { class: "table", role: "region", "aria-label": title, tabindex: "0" },
    el(
      "table",
      null,
      el("caption", null, title),
      el("thead", null, el("tr", null, ...head)),
      el("tbody", null, ...rows),
    ),
  );
}

function renderCheckpoint(
  one: CheckpointReport,
  title: string | null,
  words: Words,
  language: Language,
): HTMLElement {
  const said = words.details;
  const facts = el(
    "dl",
    { class: "facts" },
    ...fact(said.origin, one.origin),
    ...fact(said.logSize, String(one.size)),
    ...fact(said.root, one.root, "hash"),
    ...fact(said.witnesses, one.witnesses.length === 0 ? null : one.witnesses.join(", ")),
    ...fact(
      said.verifiedAt,
      one.witnessed_at_s === null ? null : formatTime(one.witnessed_at_s * 1000, language),
    ),
  );
  return el("div", null, title !== null && el("h3", null, title), facts);
}
