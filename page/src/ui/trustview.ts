import { FormatError } from "../core/index.ts";
import { el } from "./dom.ts";
import { type Operator, TRUST_SIZE_MAX, type Trust, makeTrust } from "./trust.ts";
import type { Words } from "./words.ts";

/** Whom the page trusts, and how its user gives it other files of trust. */
export function renderTrust(
  trust: Trust | null,
  words: Words,
  onTrust: (trust: Trust) => void,
): HTMLElement {
  const said = words.trust;
  const section = el(
    "section",
    { class: `trust${trust === null ? " missing" : ""}`, "aria-labelledby": "trust" },
    el("h2", { id: "trust" }, said.title),
  );
  const form = renderForm(words, onTrust);
  if (trust === null) {
    section.append(el("p", null, said.none), form);
    return section;
  }
  const origin = trust.origins.join(", ");
  const { seals, tsas } = trust.parsed;
  section.append(
    el("p", null, trust.isBuiltIn ? said.builtIn(origin) : said.loaded(origin)),
    el(
      "p",
      { class: "hint" },
      seals.length === 0 ? said.noSeals : said.seals(seals.length, tsas.length),
    ),
    el(
      "details",
      null,
      el("summary", null, said.show),
      el("pre", { tabindex: "0" }, `${trust.policy}\n${trust.roots}`),
    ),
    el("details", null, el("summary", null, said.replace), form),
  );
  return section;
}

/** How to reach whoever published the page, as far as that is written into it. */
export function renderOperator(operator: Operator | null, words: Words): HTMLElement | null {
  if (operator === null) return null;
  const { contact, accessibility: href } = operator;
  const said = words.operator;
  return el(
    "p",
    { class: "operator" },
    operator.name,
    contact !== null && ` — ${said.contact} ${contact}`,
    href !== null && " — ",
    href !== null && el("a", { href, rel: "noopener noreferrer" }, said.accessibility),
  );
}

function renderForm(words: Words, onTrust: (trust: Trust) => void): HTMLElement {
  const said = words.trust;
  const policy = el("input", { type: "file", id: "policy", accept: ".txt,text/plain" });
  const roots = el("input", { type: "file", id: "roots", accept: ".txt,.pem,text/plain" });
  const complaint = el("p", { class: "message", role: "alert" });
  const read = async () => {
    complaint.textContent = "";
    const file = policy.files?.[0];
    if (file === undefined) {
      complaint.textContent = said.missing;
      return;
    }
    try {
      onTrust(makeTrust(await readText(file), await readText(roots.files?.[0]), false));
    } catch (error) {
      complaint.textContent = said.bad(error instanceof FormatError ? error.message : said.noText);
    }
  };
  const button = el("button", { type: "button", class: "button" }, said.use);
  button.addEventListener("click", () => void read());
  return el(
    "div",
    { class: "trust-form" },
    el("label", { for: "policy" }, said.policy),
    policy,
    el("label", { for: "roots" }, said.roots),
    roots,
    complaint,
    button,
  );
}

async function readText(file: File | undefined): Promise<string> {
  if (file === undefined) return "";
  if (file.size > TRUST_SIZE_MAX) throw new FormatError(`> ${TRUST_SIZE_MAX} bytes`);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    await file.arrayBuffer(),
  );
}
