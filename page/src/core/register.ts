/**
 * What the national register says of the codes that are shown, as of the newest status.
 *
 * Each tree has its own sheets: those of the register entry that the status entry at its end
 * names, so that nobody chooses an older one with a nicer title. Source: docs/formats.md
 * sections 3, 8 and 21.
 */

import type { Bundle, ShownRegister } from "./bundle.ts";
import { toUtf8 } from "./bytes.ts";
import type { Checks } from "./checks.ts";
import type { Contents } from "./contents.ts";
import { decodeHashes, decodeFixed } from "./encoding.ts";
import type { Items } from "./entries.ts";
import type { RegisterEntry, StatusEntry } from "./entry.ts";
import { VerificationError } from "./errors.ts";
import type { Trees } from "./log.ts";
import { HASH_SIZE, leafHash, verifyInclusion } from "./merkle.ts";
import { parseSheet, type Sheet } from "./sheets.ts";
import { statusAt } from "./standing.ts";

/** What is shown of a code. */
export interface Listed {
  title: string;
  level: number | null;
  /** The day of the register that says so. */
  date: string;
}

/** What counts of each code. */
export type Register = ReadonlyMap<string, Listed>;

/** A tree's status entry, and what it shows of the register. */
interface Part {
  status: StatusEntry | null;
  shown: ShownRegister | null;
}

/** The sheets of a tree, and the entry that they are of. */
interface Read {
  entry: RegisterEntry;
  sheets: Sheet[];
}

/** Checks what both trees show of the register; returns what counts. */
export function checkRegister(
  bundle: Bundle,
  contents: Contents,
  items: Items,
  trees: Trees,
  checks: Checks,
): Register {
  const codes = new Set(
    [...contents.lines.keys()].map((index) => contents.record(index).fields.get("code")),
  );
  const parts: Part[] = [{ status: statusAt(trees.first, items), shown: bundle.register }];
  if (trees.later !== null) {
    parts.push({
      status: statusAt(trees.later, items),
      shown: bundle.later?.register ?? null,
    });
  }
  const found: Read[] = [];
  for (const part of parts) {
    checks.attempt("register", null, () => {
      if (part.status !== null) checkNamed(part.status, items);
      if (part.shown !== null) found.push(readSheets(part.status, part.shown, items, codes));
    });
  }
  const count = found.reduce((sum, { sheets }) => sum + sheets.length, 0);
  if (count > 0) checks.yes("register", `${count} sheets are in the register`);
  else checks.skip("register", "no sheet of the register is shown");
  const newest = parts.findLast(({ status }) => status !== null)?.status?.register ?? null;
  return listed(found.filter(({ entry }) => entry.index === newest));
}

/** Checks that nothing shown contradicts the register entry that a status entry names. */
function checkNamed(status: StatusEntry, items: Items): void {
  const named = status.register === null ? undefined : items.get(status.register)?.entry;
  if (named !== undefined && named.type !== "register") {
    throw new VerificationError(`entry ${named.index} is no register`);
  }
  for (const { entry } of items.values()) {
    if (entry.type !== "register" || entry.index >= status.index) continue;
    if (entry.index > (status.register ?? -1)) {
      throw new VerificationError(
        `entry ${entry.index} is a newer register than entry ${status.index} names`,
      );
    }
  }
}

function readSheets(
  status: StatusEntry | null,
  { sheets: shown }: ShownRegister,
  items: Items,
  codes: ReadonlySet<unknown>,
): Read {
  if (status === null) throw new VerificationError("the status entry is not shown");
  const entry = status.register === null ? undefined : items.get(status.register)?.entry;
  if (entry?.type !== "register") {
    throw new VerificationError(`the register of entry ${status.index} is not shown`);
  }
  const root = decodeFixed(entry.root, HASH_SIZE);
  const size = BigInt(entry.sheets);
  const sheets = shown.map(({ leaf, sheet, path }) => {
    verifyInclusion(leafHash(toUtf8(sheet)), BigInt(leaf), size, decodeHashes(path), root);
    return parseSheet(sheet);
  });
  for (const [at, { code }] of sheets.entries()) {
    if (!codes.has(code)) throw new VerificationError("a sheet of a code that no line shows");
    // The codes are ASCII, so their order as strings is that of their bytes.
    if (at > 0 && (sheets[at - 1]?.code ?? "") >= code) {
      throw new VerificationError("the codes of the sheets do not ascend");
    }
  }
  return { entry, sheets };
}

/** Of two sheets of one code, which are of one entry, the first tree's is taken. */
function listed(found: readonly Read[]): Register {
  const register = new Map<string, Listed>();
  for (const { entry, sheets } of found) {
    for (const { code, title, level } of sheets) {
      if (!register.has(code)) register.set(code, { title, level, date: entry.date });
    }
  }
  return register;
}
