import { isProven } from "../core/index.ts";
import type { Answer } from "../worker/protocol.ts";
import { el } from "./dom.ts";
import { renderIntake } from "./intake.ts";
import { renderRecover } from "./recover.ts";
import { type Refreshing, renderRefresh } from "./refresh.ts";
import { renderResult } from "./result.ts";
import { type Trust, builtInTrust } from "./trust.ts";
import { renderOperator, renderTrust } from "./trustview.ts";
import { FILE_SIZE_MAX, TimeoutError, verifyBytes } from "./verify.ts";
import { type Language, type Words, preferredLanguage, wordsOf } from "./words.ts";
import { headlineOf } from "./judge.ts";

type State =
  { kind: "idle"; message: ((words: Words) => string) | null } | { kind: "working" } | Done;

interface Done {
  kind: "done";
  name: string | null;
  bytes: ArrayBuffer;
  answer: Answer;
  verifiedAtMs: number;
  refresh: Refreshing;
}

/** The page: what it trusts, one document, one answer. Each change draws it anew from its state. */
export class App {
  constructor(root: HTMLElement) {
    this.#root = root;
    this.#status = el("div", { role: "status", "aria-live": "polite", class: "visually-hidden" });
    this.#main = el("main", { id: "main", tabindex: "-1" });
    this.#draw();
    this.#listen();
  }
  readonly #root: HTMLElement;
  readonly #main: HTMLElement;
  readonly #status: HTMLElement;
  #language: Language = preferredLanguage();
  #trust: Trust | null = builtInTrust();
  #state: State = { kind: "idle", message: null };
  #run = 0;

  #draw(): void {
    const words = wordsOf(this.#language);
    document.documentElement.lang = this.#language;
    document.title = words.title;
    this.#main.replaceChildren(...this.#content(words));
    this.#root.replaceChildren(
      el("a", { class: "skip", href: "#main" }, words.skip),
      this.#header(words),
      this.#main,
      this.#status,
      this.#footer(words),
    );
  }

  #content(words: Words): Node[] {
    const state = this.#state;
    if (state.kind === "done") {
      return [this.#result(state, words)];
    }
    const trust = renderTrust(this.#trust, words, (found) => this.#setTrust(found));
    const intake = renderIntake(words, {
      isWorking: state.kind === "working",
      isReady: this.#trust !== null,
      message: state.kind === "idle" ? (state.message?.(words) ?? null) : null,
      onFiles: (files) => void this.#takeFiles(files),
      onText: (text) => void this.#takeText(text),
    });
    const intro = el(
      "div",
      { class: "intro" },
      el("h1", null, words.title),
      el("p", { class: "lead" }, words.lead),
    );
    return this.#trust === null ? [intro, trust, intake] : [intro, intake, trust];
  }

  #result(state: Done, words: Words): HTMLElement {
    const { answer, name, bytes, verifiedAtMs } = state;
    const subject = { name, size: bytes.byteLength, hash: answer.hash, verifiedAtMs };
    const size = answer.revisionSize;
    return renderResult(answer.report, subject, words, this.#language, {
      oddity: answer.oddity,
      refresh: renderRefresh(
        state.refresh,
        this.#address(answer),
        words,
        () => void this.#refresh(state),
      ),
      recover: renderRecover(
        size === null ? null : { bytes: new Uint8Array(bytes.slice(0, size)), name },
        words,
      ),
      onAnother: () => this.#reset(),
    });
  }

  /** Where a newer status may be asked for: only of a proof, and not of one inside a signed CV. */
  #address({ report }: Answer): string | null {
    return report.proof !== null && report.kind !== "json" ? (this.#trust?.tiles ?? null) : null;
  }

  #header(words: Words): HTMLElement {
    const languages = (["fr", "en"] as const).map((one) => {
      const button = el(
        "button",
        { type: "button", lang: one, "aria-pressed": String(one === this.#language) },
        one === "fr" ? "Français" : "English",
      );
      button.addEventListener("click", () => this.#setLanguage(one));
      return button;
    });
    return el(
      "header",
      null,
      this.#brand(),
      el("div", { class: "languages", role: "group", "aria-label": words.language }, ...languages),
    );
  }

  /** The operator under its own name, where the page has one written in. */
  #brand(): HTMLElement {
    const operator = this.#trust?.operator ?? null;
    if (operator === null) return el("p", { class: "brand" }, "provenance");
    const { name, logo } = operator;
    const source = `data:image/png;base64,${logo}`;
    const picture = logo !== null && el("img", { src: source, alt: "", height: "40" });
    return el("p", { class: "brand operator" }, picture, name);
  }

  #footer(words: Words): HTMLElement {
    const licences = document.getElementById("licences")?.textContent ?? "";
    return el(
      "footer",
      null,
      renderOperator(this.#trust?.operator ?? null, words),
      el("p", null, words.privacy),
      el("p", null, words.footer),
      el(
        "details",
        null,
        el("summary", null, words.licences),
        el("pre", { lang: "en", tabindex: "0" }, licences),
      ),
    );
  }

  #setLanguage(language: Language): void {
    this.#language = language;
    this.#draw();
    this.#root.querySelector<HTMLElement>(`.languages [lang=${language}]`)?.focus();
  }

  #setTrust(trust: Trust): void {
    this.#trust = trust;
    this.#state = { kind: "idle", message: null };
    this.#draw();
    this.#say(wordsOf(this.#language).trust.loaded(trust.origins.join(", ")));
    this.#root.querySelector<HTMLElement>("#file")?.focus();
  }

  #reset(): void {
    this.#run++;
    this.#state = { kind: "idle", message: null };
    this.#draw();
    this.#root.querySelector<HTMLElement>("#file")?.focus();
  }

  /** A document may be dropped anywhere; what is dropped never replaces the page. */
  #listen(): void {
    const hover = (isOver: boolean) => document.body.classList.toggle("dropping", isOver);
    window.addEventListener("dragover", (event) => {
      event.preventDefault();
      hover(true);
    });
    window.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) hover(false);
    });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      hover(false);
      void this.#takeFiles([...(event.dataTransfer?.files ?? [])]);
    });
    window.addEventListener("beforeprint", () => this.#openChecks());
  }

  /** The checks are printed too, though they are folded: a statement is whole. */
  #openChecks(): void {
    const checks = this.#main.querySelector<HTMLDetailsElement>(".technical");
    if (checks !== null) checks.open = true;
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  #refuse(message: (words: Words) => string): void {
    this.#run++;
    this.#state = { kind: "idle", message };
    this.#draw();
    this.#root.querySelector<HTMLElement>(".message")?.focus();
  }

  async #takeFiles(files: readonly File[]): Promise<void> {
    const file = files[0];
    if (file === undefined) return;
    if (files.length > 1) return this.#refuse((words) => words.errors.many);
    // The size is asked for before a byte is read.
    if (file.size > FILE_SIZE_MAX)
      return this.#refuse((words) => words.errors.tooLarge(FILE_SIZE_MAX / 1024 / 1024));
    if (file.size === 0) return this.#refuse((words) => words.errors.empty);
    try {
      await this.#verify(await file.arrayBuffer(), file.name);
    } catch {
      this.#refuse((words) => words.errors.unreadable);
    }
  }

  async #takeText(text: string): Promise<void> {
    if (text.trim() === "") return this.#refuse((words) => words.errors.empty);
    await this.#verify(new TextEncoder().encode(text.trim()).buffer, null);
  }

  async #verify(bytes: ArrayBuffer, name: string | null): Promise<void> {
    const trust = this.#trust;
    if (trust === null) return this.#refuse((words) => words.errors.noTrust);
    // Without it there is no WebCrypto, and so nothing that could be verified.
    if (!window.isSecureContext) return this.#refuse((words) => words.errors.insecure);
    const run = ++this.#run;
    this.#state = { kind: "working" };
    this.#draw();
    this.#say(wordsOf(this.#language).working);
    try {
      const verifiedAtMs = Date.now();
      const answer = await verifyBytes(bytes, trust, verifiedAtMs);
      if (run === this.#run)
        this.#show({
          kind: "done",
          name,
          bytes,
          answer,
          verifiedAtMs,
          refresh: { kind: "offered" },
        });
    } catch (error) {
      // Whatever went wrong, nothing is proven.
      if (run === this.#run)
        this.#refuse((words) =>
          error instanceof TimeoutError ? words.errors.timeout : words.errors.crashed,
        );
    }
  }

  /** Asked for by its button, and by nothing else. A failure leaves the answer as it was. */
  async #refresh(state: Done): Promise<void> {
    const trust = this.#trust;
    const run = ++this.#run;
    if (trust === null || trust.tiles === null) return;
    this.#state = { ...state, refresh: { kind: "working" } };
    this.#draw();
    this.#say(wordsOf(this.#language).refresh.working);
    const verifiedAtMs = Date.now();
    const answer = await verifyBytes(state.bytes, trust, verifiedAtMs, trust.tiles).catch(
      () => null,
    );
    if (run !== this.#run) return;
    const reason = answer === null ? "—" : (answer.problem ?? failure(answer));
    if (answer !== null && reason === null)
      return this.#show({ ...state, answer, verifiedAtMs, refresh: { kind: "done" } });
    this.#state = { ...state, refresh: { kind: "failed", reason: reason ?? "—" } };
    this.#draw();
    this.#say(wordsOf(this.#language).refresh.failed(reason ?? "—"));
  }

  #show(state: Done): void {
    this.#state = state;
    this.#draw();
    const words = wordsOf(this.#language);
    const { report, oddity } = state.answer;
    this.#say(words.done(words.headlines[headlineOf(report, oddity)]));
    this.#root.querySelector<HTMLElement>("#verdict")?.focus();
    window.scrollTo(0, 0);
  }
}

/** Why a refreshed proof is of no use: one that does not hold takes nothing away from the old one. */
function failure({ report }: Answer): string | null {
  if (report.proof !== null && isProven(report.proof)) return null;
  return report.proof?.checks.find((one) => one.outcome === "no")?.name ?? "proof";
}
