import type { CvReport } from "../core/index.ts";
import { el, icon, type IconName } from "./dom.ts";
import { type Shown, type Standing, type Tone, isAllInForce } from "./judge.ts";
import { type Language, type Words, daysSince, formatDay, formatTime } from "./words.ts";

interface Answer {
  tone: Tone;
  word: string;
  sentences: readonly (string | null)[];
}

export const ICONS: Readonly<Record<Tone, IconName>> = {
  good: "yes",
  warn: "warn",
  bad: "no",
  unknown: "unknown",
};

/** A status older than this is worth asking for anew. */
const DAYS_MAX = 30;

/** Three questions, each with an answer of its own: none of them stands for another. */
export function renderAnswers(
  report: CvReport,
  shown: readonly Shown[],
  words: Words,
  language: Language,
  nowMs: number,
): HTMLElement {
  return el(
    "ol",
    { class: "answers" },
    renderAnswer(words.questions.document, answerDocument(report, words, language)),
    renderAnswer(words.questions.proof, answerProof(report, shown, words)),
    renderAnswer(words.questions.status, answerStatus(shown, words, language, nowMs)),
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
  const { outcome, sealed_by, sealed_at, time_source } = report.document;
  const said = words.document;
  switch (outcome) {
    case "as sealed": {
      const by = report.kind === "json" ? said.signed(sealed_by) : said.asSealed(sealed_by);
      const at =
        sealed_at === null ? null : said.at(formatTime(sealed_at, language), time_source === "tsa");
      return { tone: "good", word: words.answers.yes, sentences: [by, at] };
    }
    case "not sealed":
      return { tone: "warn", word: words.answers.notSealed, sentences: [said.notSealed] };
    case "altered":
      return { tone: "bad", word: words.answers.no, sentences: [said.altered] };
    case "untrusted seal":
      return { tone: "bad", word: words.answers.notTrusted, sentences: [said.untrusted] };
    case "not provable":
      return {
        tone: "unknown",
        word: words.answers.unknown,
        sentences: [report.kind === "summary" ? said.paper : said.notProvable],
      };
    default:
      return { tone: "unknown", word: words.answers.unknown, sentences: [said.unreadable] };
  }
}

function answerProof(report: CvReport, shown: readonly Shown[], words: Words): Answer {
  const { proof, printed } = report;
  if (proof?.verdict === "yes") return answerProven(report, shown, words);
  if (printed !== null && report.verdict === "yes") {
    return {
      tone: "good",
      word: words.answers.yes,
      sentences: [words.proof.summary(shown.length, printed.origin)],
    };
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

function answerProven({ proof }: CvReport, shown: readonly Shown[], words: Words): Answer {
  const witnesses = (proof?.later ?? proof?.checkpoint)?.witnesses.length ?? 0;
  const sentences = [
    words.proof.yes(shown.length, proof?.checkpoint?.origin ?? ""),
    witnesses > 0 ? words.proof.witnesses(witnesses) : null,
  ];
  if (proof?.same_person === false)
    return { tone: "warn", word: words.answers.warn, sentences: [words.holders, ...sentences] };
  return { tone: "good", word: words.answers.yes, sentences };
}

function answerStatus(
  shown: readonly Shown[],
  words: Words,
  language: Language,
  nowMs: number,
): Answer {
  if (shown.length === 0)
    return { tone: "unknown", word: words.answers.unknown, sentences: [words.status.none] };
  const counts = new Map<Standing, number>();
  for (const { standing } of shown) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  const listed = [...counts]
    .map(([standing, count]) => `${count} ${words.status.counts[standing]}`)
    .join(", ");
  const times = shown
    .map((one) => one.asOf)
    .filter((one) => one !== null)
    .sort();
  const asOf =
    times[0] === undefined
      ? null
      : words.status.asOf(formatDay(times[0], language), daysSince(times[0], nowMs));
  const isOld = times[0] !== undefined && daysSince(times[0], nowMs) > DAYS_MAX;
  const sentences = [
    `${listed[0]?.toUpperCase()}${listed.slice(1)}.`,
    asOf,
    isOld ? words.status.old : words.status.later,
  ];
  if (isAllInForce(shown)) return { tone: "good", word: words.answers.yes, sentences };
  const isNone = shown.every((one) =>
    ["withdrawn", "superseded", "erased", "expired"].includes(one.standing),
  );
  const isUnknown = shown.every((one) => one.standing === "unknown");
  if (isUnknown) return { tone: "warn", word: words.answers.unknown, sentences };
  return {
    tone: isNone ? "bad" : "warn",
    word: isNone ? words.answers.no : words.answers.warn,
    sentences,
  };
}
