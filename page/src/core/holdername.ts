/**
 * Whether a document is about the person whose certifications it proves: check `holder-name`.
 *
 * What a page says is never read. Compared is what a JSON CV says of its holder, or the name
 * that a PDF file repeats in its metadata. Source: docs/formats.md sections 17, 18 and 20.
 */

import type { TopName } from "../pdf/metadata.ts";
import { fits } from "./declaredname.ts";
import { fold } from "./identity.ts";
import { compareValues } from "./person.ts";
import { NAME_FIELDS } from "./showing.ts";
import type { Check, Report, Value } from "./types.ts";

const NAME = "holder-name";
const NOTHING = "no name is there to be compared; text on a page is not read";

/** Compares the name at the top of a PDF with the persons that its proof shows. */
export function checkTopName(top: TopName, proof: Report): Check {
  if (top.kind === "none") return check("n/a", NOTHING);
  if (top.kind === "malformed") return check("no", "the name in the metadata cannot be read");
  const records = proof.certifications
    .filter(({ identity }) => identity !== null)
    .map(({ fields }) => new Map(fields));
  if (records.length === 0) return check("n/a", "the proof shows no identity to compare with");
  return records.every((fields) => fits(top.name, fields))
    ? check("yes", "the name in the metadata fits every identity shown")
    : check("no", "the name in the metadata is another one than the proof shows");
}

/** Compares what a JSON CV says of its holder with what its proof shows in the same fields. */
export function checkHolder(holder: ReadonlyMap<string, Value>, proof: Report): Check {
  const names = [...holder].filter(([name, value]) => NAME_FIELDS.has(name) && says(value));
  const compared = names.flatMap(([name, value]) =>
    proof.certifications
      .flatMap(({ fields }) => fields)
      .filter(([one, shown]) => one === name && says(shown))
      .map(([, shown]) => compareValues([name, value], [name, shown])),
  );
  if (compared.length === 0) return check("n/a", "no name of the holder is there to be compared");
  return compared.includes("different")
    ? check("no", "the holder's name is another one than the proof shows")
    : check("yes", "the holder's names are those that the proof shows");
}

/** Returns whether anything is left of a value that could be compared. */
function says(value: Value): boolean {
  return typeof value === "string" ? fold(value) !== "" : typeof value === "number" && value !== 0;
}

function check(outcome: Check["outcome"], reason: string): Check {
  return { name: NAME, outcome, reason, index: null };
}
