import { refuse } from "../errors.ts";
import { type PdfFile, NODES_MAX, textOf } from "./file.ts";
import { inflateWhole } from "./inflate.ts";
import { type Dict, Name, Stream, type Value, isDict } from "./values.ts";

export const ATTACHMENT_NAME = "provenance-proof.json";
export const ATTACHMENT_SIZE_MAX = 16 * 1024 * 1024;

/**
 * The proof in a PDF: the one file named `provenance-proof.json`, which the name tree of embedded
 * files and the catalog's /AF both lead to (ISO 32000-2, sections 7.9.6, 7.11.4 and 14.13). Raises
 * `RefusedError` where there is none, or where anything in the file could be taken for another.
 */
export function readAttachment(file: PdfFile): Uint8Array {
  const named = embeddedFiles(file).filter(
    ([key, one]) => textOf(key) === ATTACHMENT_NAME || isNamed(file, one),
  );
  const associated = file
    .list(file.catalog.get("AF"))
    .map((one) => file.get(one))
    .filter((one) => isNamed(file, one));
  const all = file.objects().filter((one) => isNamed(file, one) && isDict(one) && one.has("EF"));
  if (named.length + associated.length + all.length === 0)
    refuse(`no file ${ATTACHMENT_NAME} is attached`);
  const areSingle = named.length === 1 && associated.length === 1 && all.length === 1;
  if (!areSingle) refuse(`not exactly one file ${ATTACHMENT_NAME} is attached and associated`);
  if (named[0]![1] !== all[0] || associated[0] !== all[0])
    refuse("the attached file and the associated one are not the same");
  return decode(file, contentOf(file, all[0] as Dict));
}

function contentOf(file: PdfFile, specification: Dict): Stream {
  const embedded = file.dict(specification.get("EF"));
  const stream = file.get(embedded?.get("F"));
  if (!(stream instanceof Stream)) refuse("the attached file has no content");
  if (embedded?.has("UF") && file.get(embedded.get("UF")) !== stream)
    refuse("the attached file has two contents");
  return stream;
}

function decode(file: PdfFile, { dict, raw }: Stream): Uint8Array {
  const filter = file.get(dict.get("Filter"));
  const filters = (Array.isArray(filter) ? filter : filter === null ? [] : [filter]).map((one) =>
    file.get(one),
  );
  const isKnown =
    filters.length <= 1 &&
    filters.every((one) => one instanceof Name && one.text === "FlateDecode");
  if (!isKnown || ["DecodeParms", "F", "FFilter"].some((key) => dict.has(key)))
    refuse("the attached file is compressed in a way that is not taken");
  const data = filters.length === 0 ? raw : inflateWhole(raw, ATTACHMENT_SIZE_MAX);
  return data.length > ATTACHMENT_SIZE_MAX
    ? refuse(`the attached file has more than ${ATTACHMENT_SIZE_MAX} bytes`)
    : data;
}

/** Whether anything in the file claims to be the proof: by its name, or as a key of the name tree. */
export function claimsProof(file: PdfFile): boolean {
  const associated = file.list(file.catalog.get("AF")).map((one) => file.get(one));
  return (
    embeddedFiles(file).some(([key, one]) => textOf(key) === ATTACHMENT_NAME || isNamed(file, one)) ||
    [...associated, ...file.objects()].some((one) => isNamed(file, one))
  );
}

/** Names and file specifications in the name tree of embedded files. */
function embeddedFiles(file: PdfFile): [Value, Value][] {
  const root = file.dict(file.catalog.get("Names"))?.get("EmbeddedFiles");
  const pairs: [Value, Value][] = [];
  for (const node of file.walk(root)) {
    const names = file.list(node.get("Names")).map((one) => file.get(one));
    for (let at = 0; at + 1 < names.length; at += 2) pairs.push([names[at]!, names[at + 1]!]);
  }
  if (pairs.length > NODES_MAX) refuse("too many files are attached");
  return pairs;
}

/** Whether a file specification bears the name of the proof. */
export function isNamed(file: PdfFile, specification: Value): boolean {
  return (
    isDict(specification) &&
    ["F", "UF"].some((key) => textOf(file.get(specification.get(key))) === ATTACHMENT_NAME)
  );
}
