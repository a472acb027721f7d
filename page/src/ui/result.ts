import type { CvReport } from "../core/index.ts";
import type { Oddity } from "../documents/recognise.ts";
import { ICONS, renderAnswers } from "./answers.ts";
import { nameOf, renderGuaranteed } from "./cards.ts";
import { type Subject, renderDetails, renderSubject } from "./details.ts";
import { el, icon } from "./dom.ts";
import { countReasons, headlineOf, onlyHolder, shownIn, toneOf } from "./judge.ts";
import type { Language, Words } from "./words.ts";

/** What is drawn beside a report: what else was found, and what can be done. */
export interface Beside {
  oddity: Oddity | null;
  refresh: HTMLElement | null;
  recover: HTMLElement | null;
  onAnother: () => void;
}

/** The answer to one document, which is also the statement that is printed. */
export function renderResult(
  report: CvReport,
  subject: Subject,
  words: Words,
  language: Language,
  beside: Beside,
): HTMLElement {
  const tone = toneOf(report);
  return el(
    "div",
    {
      class: "result",
      "data-verdict": report.verdict,
      "data-level": report.level,
      "data-tone": tone,
    },
    el("p", { class: "statement-title" }, words.statement),
    el(
      "section",
      { class: `verdict ${tone}`, "aria-labelledby": "verdict" },
      icon(ICONS[tone]),
      renderVerdict(report, subject, words, language, beside.oddity),
    ),
    beside.recover,
    renderAnswers(report, words, language, subject.verifiedAtMs),
    beside.refresh,
    renderGuaranteed(report, words, language, subject.verifiedAtMs),
    renderDeclared(report, words),
    renderLimits(words),
    renderSubject(subject, words, language),
    renderDetails(report, words, language),
    renderActions(report, words, beside.onAnother),
  );
}

/** The answer in a line, why, and whose certifications these are where it is green. */
function renderVerdict(
  report: CvReport,
  subject: Subject,
  words: Words,
  language: Language,
  oddity: Oddity | null,
): HTMLElement {
  const headline = headlineOf(report, oddity);
  const holder = report.verdict === "yes" ? onlyHolder(report) : null;
  const explanation =
    (report.verdict === "unreadable" && oddity !== null ? words.oddities[oddity] : null) ??
    words.explanations[headline];
  return el(
    "div",
    null,
    el("h1", { id: "verdict", tabindex: "-1" }, words.headlines[headline]),
    holder && el("p", { class: "whose" }, ...nameOf(holder, words, language)),
    el("p", null, explanation),
    renderDoubts(report, words),
    subject.name !== null && el("p", { class: "file-name" }, subject.name),
  );
}

/** Every reason there is, at the top, so that nobody has to look for it. */
function renderDoubts(report: CvReport, words: Words): HTMLElement | null {
  const shown = shownIn(report);
  const doubts = report.verdict === "attention" ? countReasons(shown) : [];
  if (doubts.length === 0) return null;
  const items = doubts.map(([reason, count]) =>
    el("li", null, words.outOf(count, shown.length, words.reasons[reason])),
  );
  return el("ul", { class: "doubts" }, ...items);
}

/** Beside the proof a document says other things; a proof alone says nothing else. */
function renderDeclared(report: CvReport, words: Words): HTMLElement | null {
  if (report.kind === "bundle" || report.verdict === "unreadable") return null;
  const isSealed = report.document.outcome === "as sealed";
  return el(
    "section",
    { class: "declared", "aria-labelledby": "declared" },
    el("h2", { id: "declared" }, words.declared),
    el("p", null, isSealed ? words.declaredSealed : words.declaredOpen),
  );
}

function renderLimits(words: Words): HTMLElement {
  return el(
    "section",
    { class: "limits", "aria-labelledby": "limits" },
    el("h2", { id: "limits" }, words.limits.title),
    el("ul", null, ...words.limits.items.map((one) => el("li", null, one))),
  );
}

function renderActions(report: CvReport, words: Words, onAnother: () => void): HTMLElement {
  const another = el("button", { type: "button", class: "button primary" }, words.another);
  const print = el("button", { type: "button", class: "button" }, words.print);
  const save = el("button", { type: "button", class: "button" }, words.save);
  another.addEventListener("click", onAnother);
  print.addEventListener("click", () => window.print());
  save.addEventListener("click", () => saveReport(report));
  return el("div", { class: "actions" }, another, print, save);
}

function saveReport(report: CvReport): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(report)], { type: "application/json" }));
  el("a", { href: url, download: "verification.json" }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
