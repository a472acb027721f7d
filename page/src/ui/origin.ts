import { el } from "./dom.ts";
import type { Shown } from "./judge.ts";
import type { Words } from "./words.ts";

/**
 * Who deposited a certification, for whom, and who signed for it: the certifier that is named need
 * not know of it.
 */
export function renderOrigin({ proven, certifierName }: Shown, words: Words): HTMLElement | null {
  if (proven === null) return null;
  const said = words.card;
  const { depositor, depositor_name, certifier, keys, limited } = proven;
  const who = `${depositor_name} (${depositor})`;
  const isItself = certifier === depositor;
  // Nothing but the operator's word says that the certifier knows of it.
  const isOdd = keys === "reset" || !(isItself || limited);
  const whom = certifier === null ? null : named(certifier, certifierName);
  const sentences = [
    isItself
      ? said.byItself(who)
      : whom === null
        ? said.byDepositor(who)
        : said.onBehalf(who, whom),
    isItself || whom === null ? null : said.certifierSilent(whom),
    keys === null ? said.notSigned(who) : said.keys[keys](who),
    isItself || limited ? null : said.unlimited(who),
  ];
  return el(
    "div",
    { class: `origin${isOdd ? " odd" : ""}` },
    el("p", { class: "label" }, said.origin),
    ...sentences.map((one) => one !== null && el("p", null, one)),
  );
}

const named = (bcr: string, name: string | null): string =>
  name === null ? bcr : `${name} (${bcr})`;
