import { el, icon } from "./dom.ts";
import type { Words } from "./words.ts";

interface Intake {
  isWorking: boolean;
  isReady: boolean;
  message: string | null;
  onFiles: (files: readonly File[]) => void;
  onText: (text: string) => void;
}

/** Where a document is taken in: by dropping, by choosing a file, or by pasting a code's text. */
export function renderIntake(words: Words, intake: Intake): HTMLElement {
  return el(
    "section",
    { class: "intake", "aria-label": words.title, "aria-busy": String(intake.isWorking) },
    intake.message !== null &&
      el("p", { class: "message", role: "alert", tabindex: "-1" }, intake.message),
    renderDrop(words, intake),
    renderPaste(words, intake),
  );
}

function renderDrop(words: Words, { isWorking, isReady, onFiles }: Intake): HTMLElement {
  const input = el("input", {
    type: "file",
    id: "file",
    class: "visually-hidden",
    disabled: isWorking || !isReady,
    "aria-describedby": "accepts",
    accept: ".pdf,.json,.png,.jpg,.jpeg,.txt,application/pdf,application/json,image/png,image/jpeg",
  });
  input.addEventListener("change", () => onFiles([...(input.files ?? [])]));
  return el(
    "div",
    { class: `drop${isWorking ? " working" : ""}${isReady ? "" : " off"}` },
    icon("file"),
    el("p", { class: "drop-title" }, isWorking ? words.working : words.drop),
    input,
    el("label", { for: "file", class: "button primary" }, words.choose),
    el("p", { class: "hint", id: "accepts" }, words.accepts),
    el("p", { class: "privacy" }, words.privacy),
  );
}

function renderPaste(words: Words, { isWorking, isReady, onText }: Intake): HTMLElement {
  const area = el("textarea", {
    id: "paste",
    rows: "4",
    maxlength: "5000",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
  });
  const button = el(
    "button",
    { type: "button", class: "button", disabled: isWorking || !isReady },
    words.pasteCheck,
  );
  button.addEventListener("click", () => onText(area.value));
  return el(
    "details",
    { class: "paste" },
    el("summary", null, words.paste),
    el("label", { for: "paste" }, words.pasteLabel),
    area,
    button,
  );
}
