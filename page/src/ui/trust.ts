import { type SealRoots, checkPolicy, parseSealRoots } from "../core/index.ts";

/** Who published this page, in its own words. */
export interface Operator {
  name: string;
  contact: string | null;
  /** An address. */
  accessibility: string | null;
  /** A PNG picture in base64. */
  logo: string | null;
}

/** Whom this page trusts. It got this by another way than the documents that it is shown. */
export interface Trust {
  policy: string;
  roots: string;
  origins: readonly string[];
  parsed: SealRoots;
  isBuiltIn: boolean;
  /** Where the log is published, as the policy says; only the built-in policy's may be asked. */
  tiles: string | null;
  operator: Operator | null;
}

const BLOCK = "provenance-trust";
const FORMAT = "provenance-page-trust/1";
export const TRUST_SIZE_MAX = 1024 * 1024;

/** Read a policy and seal roots; raises the parsers' errors, which say which line is wrong. */
export function makeTrust(
  policy: string,
  roots: string,
  isBuiltIn: boolean,
  operator: Operator | null = null,
): Trust {
  checkPolicy(policy);
  const parsed = parseSealRoots(roots);
  return {
    policy,
    roots,
    parsed,
    isBuiltIn,
    origins: originsIn(policy),
    tiles: isBuiltIn ? tilesIn(policy) : null,
    operator,
  };
}

/** The names of the logs: a vkey is `name+id+key`, and a name holds no `+`. */
function originsIn(policy: string): string[] {
  const found = policy.split("\n").map((line) => /^\s*log\s+([^\s+]+)\+/.exec(line)?.[1]);
  return [...new Set(found.filter((one) => one !== undefined))];
}

/** The page's security policy permits these addresses alone, as `provenance page` wrote them in. */
const ADDRESS = /^\s*log\s+\S+\s+((?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1)[:/])\S*)\s*$/;

function tilesIn(policy: string): string | null {
  const found = policy
    .split("\n")
    .map((line) => ADDRESS.exec(line)?.[1])
    .find((one) => one !== undefined);
  return found !== undefined && URL.canParse(found) ? found : null;
}

/** What `provenance page` wrote into this file; null where it wrote nothing, or nothing usable. */
export function builtInTrust(): Trust | null {
  try {
    const data: unknown = JSON.parse(document.getElementById(BLOCK)?.textContent ?? "null");
    if (typeof data !== "object" || data === null) return null;
    const { format, policy, seal_roots: roots, operator } = data as Record<string, unknown>;
    if (format !== FORMAT || typeof policy !== "string" || typeof roots !== "string") return null;
    return makeTrust(policy, roots, true, readOperator(operator));
  } catch {
    return null;
  }
}

/** What `provenance page` writes of an operator; a part of another form is left out. */
function readOperator(data: unknown): Operator | null {
  if (typeof data !== "object" || data === null) return null;
  const { name, contact, accessibility, logo } = data as Record<string, unknown>;
  if (typeof name !== "string") return null;
  return {
    name,
    contact: typeof contact === "string" ? contact : null,
    accessibility: typeof accessibility === "string" && isSite(accessibility) ? accessibility : null,
    logo: typeof logo === "string" && /^[A-Za-z0-9+/]+=*$/.test(logo) ? logo : null,
  };
}

const isSite = (text: string): boolean => URL.canParse(text) && /^https?:\/\//.test(text);
