import { refuse } from "../errors.ts";
import { join } from "./inflate.ts";
import { decodeHex } from "./lexer.ts";
import { type PdfFile, textOf } from "./file.ts";
import { type Dict, Name, type Value, isDict, isName } from "./values.ts";

const CONTENTS_SIZE_MAX = 512 * 1024;
const BYTE_RANGE = new TextEncoder().encode("/ByteRange");
const SIGNATURE_TYPES = ["Sig", "DocTimeStamp"];

/** A signature as it stands in the file; nothing about it is verified. */
export interface PdfSignature {
  dict: Dict;
  contents: Uint8Array;
  range: [number, number, number, number];
  subfilter: string;
  /** It is the file's certification, and permits no change. */
  certifies: boolean;
  claimedAt: string;
}

/**
 * The one signature of a PDF, or null where there is no trace of any. Raises `RefusedError` where
 * there are several, or one that no signature field leads to (ISO 32000-2, section 12.7.5.5).
 */
export function readSignature(file: PdfFile): PdfSignature | null {
  const dicts = file
    .objects()
    .filter((one) => isDict(one))
    .filter(
      (one) =>
        one.has("ByteRange") ||
        SIGNATURE_TYPES.some((type) => isName(file.get(one.get("Type")), type)),
    );
  const values = signedFields(file);
  const marks = countMarks(file.bytes);
  if (dicts.length + values.length + marks === 0) return null;
  if (marks !== 1) refuse("not exactly one signature in the file");
  if (dicts.length !== 1 || values.length !== 1 || values[0] !== dicts[0])
    refuse("not exactly one signature in one field");
  return parseSignature(file, dicts[0]!);
}

/** The value of every signature field that has one. */
export function signedFields(file: PdfFile): Value[] {
  const form = file.dict(file.catalog.get("AcroForm"));
  return file.list(form?.get("Fields")).flatMap((top) => {
    const nodes = file.walk(top);
    if (!nodes.some((one) => isName(file.get(one.get("FT")), "Sig"))) return [];
    return nodes.filter((one) => one.has("V")).map((one) => file.get(one.get("V")));
  });
}

function countMarks(bytes: Uint8Array): number {
  let count = 0;
  for (
    let at = bytes.indexOf(BYTE_RANGE[0]!);
    at >= 0;
    at = bytes.indexOf(BYTE_RANGE[0]!, at + 1)
  ) {
    if (BYTE_RANGE.every((one, offset) => bytes[at + offset] === one)) count++;
  }
  return count;
}

function parseSignature(file: PdfFile, dict: Dict): PdfSignature {
  const contents = file.get(dict.get("Contents"));
  const range = file.list(dict.get("ByteRange")).map((one) => file.get(one));
  if (range.length !== 4 || !range.every((one) => Number.isSafeInteger(one)))
    refuse("the signature has no range of four numbers");
  if (!(contents instanceof Uint8Array) || contents.length > CONTENTS_SIZE_MAX)
    refuse("the signature has no content, or too much");
  const subfilter = file.get(dict.get("SubFilter"));
  return {
    dict,
    contents,
    range: range as [number, number, number, number],
    subfilter: subfilter instanceof Name ? subfilter.text : "",
    certifies: isCertification(file, dict),
    claimedAt: textOf(file.get(dict.get("M"))) ?? "",
  };
}

/** ISO 32000-1, section 12.8.2.2: DocMDP with P 1, named in the catalog's permissions. */
function isCertification(file: PdfFile, dict: Dict): boolean {
  const certification = file.dict(file.dict(file.catalog.get("Perms"))?.get("DocMDP"));
  const [reference, ...others] = file.list(dict.get("Reference")).map((one) => file.dict(one));
  if (certification !== dict || reference === undefined || others.length > 0) return false;
  const parameters = file.dict(reference.get("TransformParams"));
  return (
    isName(file.get(reference.get("TransformMethod")), "DocMDP") &&
    file.get(parameters?.get("P")) === 1
  );
}

/** The bytes that a signature covers. */
export function coveredBytes(
  file: PdfFile,
  [start, length, next, rest]: PdfSignature["range"],
): Uint8Array {
  const isThere =
    start >= 0 &&
    length >= 0 &&
    start + length <= next &&
    rest >= 0 &&
    next + rest <= file.bytes.length;
  if (!isThere) refuse("the signature covers bytes that are not there");
  return join([file.bytes.subarray(start, start + length), file.bytes.subarray(next, next + rest)]);
}

/**
 * Whether a signature covers the whole file: its range starts at 0, ends where the file ends, and
 * has one gap, which is exactly the hexadecimal string of its own content, in capitals.
 */
export function coversAll(file: PdfFile, { contents, range }: PdfSignature): boolean {
  const [start, length, next, rest] = range;
  if (start !== 0 || next + rest !== file.bytes.length) return false;
  const gap = new TextDecoder("latin1").decode(file.bytes.subarray(length, next));
  const digits = /^<([0-9A-F]*)>$/.exec(gap)?.[1];
  return (
    digits?.length === 2 * contents.length &&
    decodeHex(digits).every((one, at) => one === contents[at])
  );
}
