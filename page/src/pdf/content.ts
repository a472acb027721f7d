import { ATTACHMENT_NAME, isNamed } from "./attachment.ts";
import { type PdfFile, textOf } from "./file.ts";
import { lettersOf } from "./lookalikes.ts";
import { type Dict, Name, Real, Ref, Stream, type Value, isDict } from "./values.ts";

/** What lets a file show one thing today and another tomorrow, or do something by itself. */
export type ActiveKind =
  | "actions"
  | "attachments"
  | "external-content"
  | "form-fields"
  | "javascript"
  | "multimedia"
  | "optional-content"
  | "portfolio"
  | "xfa";

/** Actions other than JavaScript that nothing in a CV needs. */
const ACTIONS = new Set([
  "GoTo3DView",
  "GoToE",
  "GoToR",
  "Hide",
  "ImportData",
  "Launch",
  "Movie",
  "NOP",
  "Named",
  "Rendition",
  "ResetForm",
  "RichMediaExecute",
  "SetOCGState",
  "SetState",
  "Sound",
  "SubmitForm",
  "Thread",
  "Trans",
]);
/** Annotations that play something. */
const MULTIMEDIA = new Set(["3D", "Movie", "RichMedia", "Screen", "Sound"]);
/** Annotations whose flags are not looked at: they show nothing of their own. */
const UNPRINTED = new Set(["Link", "Popup"]);
/** Flags of annotations (ISO 32000-2, section 12.5.3). */
const FLAGS_MAX = 2 ** 31 - 1;
const PRINT = 4;
const VISIBILITY = 1 | 2 | PRINT | 32 | 256;
/** Keys of streams whose content is elsewhere, or is another one on another device. */
const EXTERNAL = ["Alternates", "F", "FDecodeParms", "FFilter", "OPI", "PS", "Ref"];
const OLD_NAMES = ["DOS", "Mac", "Unix"];
const NAMES = ["F", "UF", ...OLD_NAMES];
/** What is left of the proof's name when all but letters is gone, its ending too. */
const LIKENESS = "provenanceproof";
/** Characters of a name in which it is looked for. */
const TEXT_MAX = 1000;

/** A dictionary of a file, be it an object, a stream's own, or inside another value. */
interface Node {
  members: Dict;
  ofStream: boolean;
}

/**
 * The kinds of active content in a file, ascending, each once. Looked at is every dictionary of
 * every object, however deep it lies. Links (/URI) and jumps inside the file (/GoTo) are none.
 * Sources: docs/formats.md, section 18; ISO 32000-2, sections 12.5 and 12.6.
 */
export function findActive(file: PdfFile): ActiveKind[] {
  const nodes = [...dictionaries(file)];
  const found = new Set<ActiveKind>(nodes.flatMap((one) => kindsOf(file, one)));
  if (file.has(file.catalog, "OCProperties")) found.add("optional-content");
  const names = file.dict(file.catalog.get("Names"));
  if (names !== undefined && file.has(names, "AlternatePresentations")) found.add("multimedia");
  if (file.has(file.catalog, "Collection")) found.add("portfolio");
  const proofs = nodes.filter(({ members }) => file.has(members, "EF") && isNamed(file, members));
  if (proofs.length > 1) found.add("attachments");
  if (hasFields(file, nodes)) found.add("form-fields");
  return [...found].sort();
}

/** Every dictionary once; references are not followed, as what they lead to is an object, too. */
function* dictionaries(file: PdfFile): Generator<Node> {
  for (const object of file.objects()) {
    const waiting: Value[] = [object];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next instanceof Stream) {
        yield { members: next.dict, ofStream: true };
        waiting.push(...next.dict.values());
      } else if (isDict(next)) {
        yield { members: next, ofStream: false };
        waiting.push(...next.values());
      } else if (Array.isArray(next)) {
        for (const one of next) waiting.push(one);
      }
    }
  }
}

function kindsOf(file: PdfFile, { members, ofStream }: Node): ActiveKind[] {
  const kinds: ActiveKind[] = [];
  const action = nameIn(file, members, "S");
  const subtype = nameIn(file, members, "Subtype");
  if (action === "JavaScript" || ["JS", "JavaScript"].some((key) => file.has(members, key)))
    kinds.push("javascript");
  if (file.has(members, "AA") || ACTIONS.has(action) || !opensQuietly(file, members))
    kinds.push("actions");
  if (MULTIMEDIA.has(subtype)) kinds.push("multimedia");
  if (file.has(members, "Rect") && !showsEverywhere(file, members)) kinds.push("optional-content");
  if (file.has(members, "XFA")) kinds.push("xfa");
  const isPostScript = [subtype, nameIn(file, members, "Subtype2")].includes("PS");
  if (ofStream && (isPostScript || EXTERNAL.some((key) => file.has(members, key))))
    kinds.push("external-content");
  if (subtype === "FileAttachment" || attachesOddly(file, members)) kinds.push("attachments");
  return kinds;
}

/** Whether there is no /OpenAction, or one that jumps to a page. */
function opensQuietly(file: PdfFile, members: Dict): boolean {
  if (!file.has(members, "OpenAction")) return true;
  const opening = file.get(members.get("OpenAction"));
  return Array.isArray(opening) || (isDict(opening) && nameIn(file, opening, "S") === "GoTo");
}

/** Whether what has a place on a page shows the same on paper and on every screen. */
function showsEverywhere(file: PdfFile, members: Dict): boolean {
  const kind = file.get(members.get("Subtype"));
  if (!(kind instanceof Name) || UNPRINTED.has(kind.text)) return true;
  if (kind.text === "Widget" && isEmpty(file, members.get("Rect"))) return true;
  const flags = file.has(members, "F") ? file.get(members.get("F")) : 0;
  const isInRange = typeof flags === "number" && flags >= 0 && flags <= FLAGS_MAX;
  return isInRange && (flags & VISIBILITY) === PRINT;
}

/** Whether a rectangle is four numbers that leave neither width nor height. */
function isEmpty(file: PdfFile, rectangle: Value | undefined): boolean {
  const list = file.get(rectangle);
  if (!Array.isArray(list) || list.length !== 4) return false;
  const sides = list.map((one) => file.get(one)).map((one) => (one instanceof Real ? one.value : one));
  const [left, bottom, right, top] = sides;
  return sides.every((one) => typeof one === "number") && left === right && bottom === top;
}

/** Whether a file is attached in a way, or under a name, that some program takes for the proof. */
function attachesOddly(file: PdfFile, members: Dict): boolean {
  const names = file.get(members.get("Names"));
  if (Array.isArray(names) && names.some((one) => isLikeNamed(file, one))) return true;
  if (!file.has(members, "EF")) return false;
  const embedded = file.get(members.get("EF"));
  if (!isDict(embedded)) return true;
  const others = [...embedded.keys()].filter((key) => key !== "F" && key !== "UF");
  return (
    others.some((key) => file.has(embedded, key)) ||
    OLD_NAMES.some((key) => file.has(members, key)) ||
    NAMES.some((key) => isLikeNamed(file, members.get(key)))
  );
}

/** Whether a name is like the proof's without being it. */
function isLikeNamed(file: PdfFile, value: Value | undefined): boolean {
  const text = textOf(file.get(value)) ?? "";
  if (text === ATTACHMENT_NAME) return false;
  return lettersOf(Array.from(text).slice(0, TEXT_MAX).join("")).includes(LIKENESS);
}

/** Whether there is a field, or a part of one on a page, that is not the seal's. */
function hasFields(file: PdfFile, nodes: readonly Node[]): boolean {
  const fields = nodes
    .map(({ members }) => members)
    .filter((one) => file.has(one, "FT") || nameIn(file, one, "Subtype") === "Widget");
  const isSeal = (one: Dict) => nameIn(file, one, "FT") === "Sig" && file.has(one, "V");
  const seals = fields.filter(isSeal);
  const [seal] = seals;
  const belongs = (one: Dict) =>
    !file.has(one, "FT") &&
    seal !== undefined &&
    one.get("Parent") instanceof Ref &&
    file.get(one.get("Parent")) === seal;
  return seals.length > 1 || fields.some((one) => !isSeal(one) && !belongs(one));
}

function nameIn(file: PdfFile, members: Dict, key: string): string {
  const value = file.get(members.get(key));
  return value instanceof Name ? value.text : "";
}
