import { type CvReport, isProven } from "../core/index.ts";
import { el, icon, type IconName } from "./dom.ts";
import {
  type Shown,
  type Standing,
  type Tone,
  countOnBehalf,
  hasPersonDoubt,
  shownIn,
  statusTone,
  toneOfYes,
} from "./judge.ts";
import { type Language, type Words, daysSince, formatDay, formatTime } from "./words.ts";

interface Answer {
  tone: Tone;
  word: string;
  sentences: readonly (string | null)[];
}

export const ICONS: Readonly<Record<Tone, IconName>> = {
  good: "yes",
  plain: "yes",
  warn: "warn",
  bad: "no",
  unknown: "unknown",
};

/** A status older than this is worth asking for again, although it is not a reason yet. */
const DAYS_MAX = 30;

/** Three questions, each with an answer of its own: none of them stands for another. */
export function renderAnswers(
  report: CvReport,
  words: Words,
  language: Language,
  nowMs: number,
): HTMLElement {
  const shown = shownIn(report);
  return el(
    "ol",
    { class: "answers" },
    renderAnswer(words.questions.document, answerDocument(report, words, language)),
    renderAnswer(words.questions.proof, answerProof(report, shown, words)),
    renderAnswer(words.questions.status, answerStatus(report, shown, words, language, nowMs)),
  );
}

function renderAnswer(question: string, { tone, word, sentences }: Answer): HTMLElement {
  return el(
    "li",
    { class: `answer ${tone}` },
    el("h2", null, question),
    el("p", { class: "word" }, icon(ICONS[tone]), word),
    el("div", null, ...sentences.map((one) => one !== null && el("p", null, one))),
  );
}

function answerDocument(report: CvReport, words: Words, language: Language): Answer {
  const said = words.document;
  switch (report.document.outcome) {
    case "as sealed":
      return answerSealed(report, words, language);
    case "not sealed": {
      // Most CVs are not sealed, and nothing in them says that they are.
      const tone = report.level === "no-proof" ? "unknown" : "warn";
      return { tone, word: words.answers.notSealed, sentences: [said.notSealed] };
    }
    case "altered": {
      const hidden = report.level === "impersonation" && report.recoverable ? said.hidden : null;
      const tone = report.recoverable && hidden === null ? "warn" : "bad";
      return { tone, word: words.answers.no, sentences: [said.altered, hidden] };
    }
    case "untrusted seal":
      return { tone: "bad", word: words.answers.notTrusted, sentences: [said.untrusted] };
    case "not provable": {
      const sentence = report.kind === "summary" ? said.paper : said.notProvable;
      const isOurs = report.kind === "summary" || report.kind === "bundle";
      const sentences = [isOurs ? sentence : null];
      return { tone: "unknown", word: words.answers.unknown, sentences };
    }
    default:
      return { tone: "unknown", word: words.answers.unknown, sentences: [said.unreadable] };
  }
}

/** As it was sealed, which does not recommend it where it has active content or is another person's. */
function answerSealed(report: CvReport, words: Words, language: Language): Answer {
  const { sealed_by, sealed_at, time_source } = report.document;
  const said = words.document;
  const fails = (name: string) =>
    report.checks.some((one) => one.name === name && one.outcome === "no");
  const by = report.kind === "json" ? said.signed(sealed_by) : said.asSealed(sealed_by);
  const at =
    sealed_at === null ? null : said.at(formatTime(sealed_at, language), time_source === "tsa");
  const doubt = fails("content") ? said.active : fails("holder-name") ? said.otherName : null;
  return doubt === null
    ? { tone: toneOfYes(report), word: words.answers.yes, sentences: [by, at] }
    : { tone: "warn", word: words.answers.warn, sentences: [doubt, by, at] };
}

function answerProof(report: CvReport, shown: readonly Shown[], words: Words): Answer {
  const { proof, printed, level } = report;
  if (proof !== null && isProven(proof)) return answerProven(report, shown, words);
  if (printed !== null && level === "paper") {
    const sentence = words.proof.summary(shown.length, printed.origin);
    return { tone: "warn", word: words.answers.compare, sentences: [sentence] };
  }
  if (report.verdict === "unreadable")
    return { tone: "unknown", word: words.answers.unknown, sentences: [words.proof.none] };
  if (proof === null) return { tone: "bad", word: words.answers.no, sentences: [words.proof.none] };
  const failing = proof.checks
    .filter((one) => one.outcome === "no")
    .map((one) => words.checkNames[one.name] ?? one.name);
  return {
    tone: "bad",
    word: words.answers.no,
    sentences: [
      words.proof.no,
      failing.length > 0 ? `${words.proof.failing} ${[...new Set(failing)].join(", ")}.` : null,
    ],
  };
}

function answerProven(report: CvReport, shown: readonly Shown[], words: Words): Answer {
  const { proof } = report;
  const witnesses = (proof?.later ?? proof?.checkpoint)?.witnesses.length ?? 0;
  const onBehalf = countOnBehalf(shown);
  const sentences = [
    words.proof.yes(shown.length, proof?.checkpoint?.origin ?? ""),
    onBehalf > 0 ? words.proof.onBehalf(onBehalf) : null,
    witnesses > 0 ? words.proof.witnesses(witnesses) : null,
  ];
  if (!hasPersonDoubt(shown))
    return { tone: toneOfYes(report), word: words.answers.yes, sentences };
  const doubt = proof?.same_person === false ? words.holders : words.proof.persons;
  return { tone: "warn", word: words.answers.warn, sentences: [doubt, ...sentences] };
}

function answerStatus(
  report: CvReport,
  shown: readonly Shown[],
  words: Words,
  language: Language,
  nowMs: number,
): Answer {
  if (shown.length === 0)
    return { tone: "unknown", word: words.answers.unknown, sentences: [words.status.none] };
  const times = shown
    .map((one) => one.asOf)
    .filter((one) => one !== null)
    .sort();
  const [oldest] = times;
  const days = oldest === undefined ? 0 : daysSince(oldest, nowMs);
  const sentences = [
    countStandings(shown, words),
    oldest === undefined ? null : words.status.asOf(formatDay(oldest, language), days),
    days > DAYS_MAX ? words.status.old : words.status.later,
  ];
  const tone = statusTone(shown);
  if (tone === "good") return { tone: toneOfYes(report), word: words.answers.yes, sentences };
  const isUnknown = shown.every((one) => one.standing === "unknown");
  const word = isUnknown
    ? words.answers.unknown
    : tone === "bad"
      ? words.answers.no
      : words.answers.warn;
  return { tone, word, sentences };
}

function countStandings(shown: readonly Shown[], words: Words): string {
  const counts = new Map<Standing, number>();
  for (const { standing } of shown) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  const listed = [...counts]
    .map(([standing, count]) => `${count} ${words.status.counts[standing]}`)
    .join(", ");
  return `${listed[0]?.toUpperCase()}${listed.slice(1)}.`;
}
