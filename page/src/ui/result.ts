import type { CvReport } from "../core/index.ts";
import { ICONS, renderAnswers } from "./answers.ts";
import { renderGuaranteed } from "./cards.ts";
import { type Subject, renderDetails, renderSubject } from "./details.ts";
import { el, icon } from "./dom.ts";
import { headlineOf, shownIn, toneOf } from "./judge.ts";
import type { Language, Words } from "./words.ts";

/** The answer to one document, which is also the statement that is printed. */
export function renderResult(
  report: CvReport,
  subject: Subject,
  words: Words,
  language: Language,
  refresh: HTMLElement | null,
  onAnother: () => void,
): HTMLElement {
  const shown = shownIn(report, subject.verifiedAtMs);
  const tone = toneOf(report, shown);
  const headline = headlineOf(report, shown);
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
      el(
        "div",
        null,
        el("h1", { id: "verdict", tabindex: "-1" }, words.headlines[headline]),
        el("p", null, words.explanations[headline]),
        subject.name !== null && el("p", { class: "file-name" }, subject.name),
      ),
    ),
    renderAnswers(report, shown, words, language, subject.verifiedAtMs),
    refresh,
    renderGuaranteed(report, shown, words, language),
    renderDeclared(report, words),
    renderLimits(words),
    renderSubject(subject, words, language),
    renderDetails(report, words, language),
    renderActions(report, words, onAnother),
  );
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
