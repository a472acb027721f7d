import { el } from "./dom.ts";
import type { Words } from "./words.ts";

/** The signed document inside of a file that was changed, and how it is to be called. */
export interface Recoverable {
  bytes: Uint8Array<ArrayBuffer>;
  name: string | null;
}

/** Offers the revision that was just verified as an original; the file itself stays as it is. */
export function renderRecover(found: Recoverable | null, words: Words): HTMLElement | null {
  if (found === null) return null;
  const said = words.recover;
  const button = el("button", { type: "button", class: "button primary" }, said.button);
  button.addEventListener("click", () => save(found, said.suffix));
  return el(
    "section",
    { class: "recover", "aria-labelledby": "recover" },
    el("h2", { id: "recover" }, said.title),
    el("p", null, said.text),
    button,
  );
}

function save({ bytes, name }: Recoverable, suffix: string): void {
  const base = (name ?? "cv").replace(/\.pdf$/i, "");
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
  el("a", { href: url, download: `${base}-${suffix}.pdf` }).click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
