import { el } from "./dom.ts";
import type { Words } from "./words.ts";

/** How far the question for the newest status has come. */
export type Refreshing =
  { kind: "offered" } | { kind: "working" } | { kind: "done" } | { kind: "failed"; reason: string };

/** Offers to ask the published log; says plainly that its site will see the question. */
export function renderRefresh(
  state: Refreshing,
  address: string | null,
  words: Words,
  onAsk: () => void,
): HTMLElement | null {
  if (address === null) return null;
  const said = words.refresh;
  const section = el(
    "section",
    { class: "refresh", "aria-labelledby": "refresh" },
    el("h2", { id: "refresh" }, said.title),
  );
  if (state.kind === "done") section.append(el("p", { class: "refreshed" }, said.done));
  else if (state.kind === "failed")
    section.append(el("p", { class: "remark" }, said.failed(state.reason)));
  else section.append(el("p", null, said.text(new URL(address).host)));
  const button = el(
    "button",
    { type: "button", class: "button", disabled: state.kind === "working" },
    state.kind === "working" ? said.working : said.button,
  );
  button.addEventListener("click", onAsk);
  if (state.kind !== "done") section.append(button);
  return section;
}
