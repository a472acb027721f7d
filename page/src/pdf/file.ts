import { RefusedError, refuse } from "../errors.ts";
import { inflate } from "./inflate.ts";
import { Lexer } from "./lexer.ts";
import { unpredict } from "./predictor.ts";
import { type Dict, Name, Ref, Stream, type Value, isDict, isName } from "./values.ts";

export const PDF_SIZE_MAX = 64 * 1024 * 1024;
/** What cross-reference and object streams may inflate to, all together. */
const STRUCTURE_SIZE_MAX = 64 * 1024 * 1024;
const SECTIONS_MAX = 1000;
const OBJECTS_MAX = 1_000_000;
const TAIL_SIZE = 1054;
/** Nodes of a tree (of names, of fields) and items of a list that are looked at. */
export const NODES_MAX = 10_000;
const TREE_DEPTH_MAX = 32;

type Place = { offset: number } | { stream: number; position: number } | null;

/**
 * A PDF's objects, found as its readers find them: by the cross-reference tables and streams,
 * newest first (ISO 32000-1, section 7.5). Nothing is repaired: a file whose tables are wrong is
 * refused, for a repair could show another document than the reader's program does.
 */
export class PdfFile {
  constructor(bytes: Uint8Array) {
    if (bytes.length > PDF_SIZE_MAX) refuse(`the PDF has more than ${PDF_SIZE_MAX} bytes`);
    if (!startsWith(bytes, "%PDF-")) refuse("it does not begin as a PDF does");
    this.bytes = bytes;
    this.trailer = this.#readTables();
    if (this.trailer.has("Encrypt")) refuse("the PDF is encrypted");
    const root = this.dict(this.trailer.get("Root"));
    this.catalog = root ?? refuse("the PDF has no catalog");
    if (this.list(this.dict(this.catalog.get("Pages"))?.get("Kids")).length === 0)
      refuse("the PDF has no pages");
  }
  readonly bytes: Uint8Array;
  readonly trailer: Dict;
  readonly catalog: Dict;
  readonly #places = new Map<number, Place>();
  readonly #known = new Map<number, Value>();
  readonly #packs = new Map<number, Map<number, Value>>();
  readonly #open = new Set<number>();
  readonly #broken = new Set<number>();
  #structureLeft = STRUCTURE_SIZE_MAX;

  #readTables(): Dict {
    const tail = new TextDecoder("latin1").decode(this.bytes.subarray(-TAIL_SIZE));
    const found =
      /^[\s\S]*startxref\s+(\d{1,15})\s+%%EOF/.exec(tail) ?? refuse("the PDF has no end");
    const waiting: number[] = [Number(found[1])];
    const seen = new Set<number>();
    let trailer: Dict | undefined;
    for (let offset = waiting.shift(); offset !== undefined; offset = waiting.shift()) {
      if (seen.has(offset) || seen.size >= SECTIONS_MAX)
        refuse("the PDF's tables lead in a circle");
      seen.add(offset);
      const dict = this.#readSection(offset);
      trailer ??= dict;
      for (const name of ["XRefStm", "Prev"]) {
        const next = dict.get(name);
        if (typeof next === "number") waiting.push(next);
      }
    }
    return trailer ?? refuse("the PDF has no trailer");
  }

  #readSection(offset: number): Dict {
    const lexer = new Lexer(this.bytes, offset);
    if (lexer.word() === "xref") return this.#readTable(lexer);
    const { value } = this.#readObject(offset);
    if (!(value instanceof Stream) || !isName(value.dict.get("Type"), "XRef"))
      refuse("a cross-reference table is missing");
    this.#readXrefStream(value);
    return value.dict;
  }

  #readTable(lexer: Lexer): Dict {
    for (;;) {
      const back = lexer.at;
      if (lexer.word() === "trailer") break;
      lexer.at = back;
      const start = lexer.integer();
      const count = lexer.integer();
      for (let number = start; number < start + count; number++) this.#readLine(lexer, number);
    }
    const trailer = lexer.value();
    return isDict(trailer) ? trailer : refuse("the PDF has no trailer");
  }

  #readLine(lexer: Lexer, number: number): void {
    const offset = lexer.integer();
    lexer.integer();
    const kind = lexer.word();
    if (kind !== "n" && kind !== "f") refuse("a cross-reference table cannot be read");
    this.#place(number, kind === "n" ? { offset } : null);
  }

  #place(number: number, place: Place): void {
    if (this.#places.has(number)) return; // what is newer was read first
    if (this.#places.size >= OBJECTS_MAX) refuse("the PDF has too many objects");
    this.#places.set(number, place);
  }

  #readXrefStream(stream: Stream): void {
    const widths = numbers(stream.dict.get("W") ?? null);
    const size = stream.dict.get("Size");
    if (widths.length !== 3 || widths.some((one) => one > 8) || typeof size !== "number")
      refuse("a cross-reference stream cannot be read");
    const data = this.#inflateStructure(stream);
    const index = numbers(stream.dict.get("Index") ?? [0, size]);
    const width = widths[0]! + widths[1]! + widths[2]!;
    let at = 0;
    for (let pair = 0; pair + 1 < index.length; pair += 2) {
      for (
        let number = index[pair]!;
        number < index[pair]! + index[pair + 1]!;
        number++, at += width
      ) {
        if (width === 0 || at + width > data.length)
          refuse("a cross-reference stream is too short");
        this.#place(number, readPlace(data.subarray(at, at + width), widths));
      }
    }
  }

  #inflateStructure(stream: Stream): Uint8Array {
    try {
      const data = this.decode(stream, this.#structureLeft);
      this.#structureLeft -= data.length;
      return data;
    } catch (error) {
      this.#structureLeft = 0; // so that nobody tries again for each of many objects
      throw error;
    }
  }

  #readObject(offset: number): { number: number; value: Value } {
    if (offset >= this.bytes.length) refuse("a cross-reference points behind the end");
    const lexer = new Lexer(this.bytes, offset);
    const number = lexer.integer();
    lexer.integer();
    lexer.expect("obj");
    const value = lexer.value();
    const back = lexer.at;
    if (!isDict(value) || lexer.word() !== "stream") {
      lexer.at = back;
      lexer.expect("endobj");
      return { number, value };
    }
    return { number, value: this.#readStream(value, lexer) };
  }

  #readStream(dict: Dict, lexer: Lexer): Stream {
    if (this.bytes[lexer.at] === 13) lexer.at++;
    if (this.bytes[lexer.at] === 10) lexer.at++;
    const length = this.get(dict.get("Length"));
    if (typeof length !== "number" || length < 0 || lexer.at + length > this.bytes.length)
      refuse("a stream in the PDF has no length");
    const raw = this.bytes.subarray(lexer.at, lexer.at + length);
    lexer.at += length;
    lexer.expect("endstream");
    return new Stream(dict, raw);
  }

  /** Follow a reference. What it leads to is null where it cannot be read, as PDF readers have it. */
  get(value: Value | undefined): Value {
    if (!(value instanceof Ref)) return value ?? null;
    const known = this.#known.get(value.number);
    if (known !== undefined) return known;
    if (this.#open.has(value.number)) refuse("an object in the PDF contains itself");
    this.#open.add(value.number);
    const found = this.#tryLoad(value.number);
    this.#open.delete(value.number);
    this.#known.set(value.number, found);
    return found;
  }

  #tryLoad(number: number): Value {
    try {
      const found = this.#load(number);
      return found instanceof Ref ? null : found;
    } catch (error) {
      if (error instanceof RefusedError && this.#structureLeft > 0) {
        this.#broken.add(number);
        return null;
      }
      throw error;
    }
  }

  #load(number: number): Value {
    const place = this.#places.get(number);
    if (place === undefined || place === null) return null;
    if ("stream" in place) return this.#pack(place.stream).get(number) ?? null;
    const found = this.#readObject(place.offset);
    return found.number === number ? found.value : null;
  }

  /** Whether there is anything at a key; a null counts as nothing, a broken object as something. */
  has(dict: Dict, key: string): boolean {
    const value = dict.get(key);
    if (this.get(value) !== null) return true;
    return value instanceof Ref && this.#broken.has(value.number);
  }

  /** Every object that the tables name, each once. */
  objects(): Value[] {
    return [...this.#places.keys()].map((number) => this.get(new Ref(number, 0)));
  }

  /** The dictionaries of a tree, each once; one that leads in a circle is refused. */
  walk(root: Value | undefined): Dict[] {
    const seen = new Set<Dict>();
    const waiting: [Value | undefined, number][] = [[root, 0]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const node = this.dict(next[0]);
      if (node === undefined) continue;
      if (seen.has(node) || seen.size >= NODES_MAX || next[1] > TREE_DEPTH_MAX)
        refuse("a tree in the PDF is too large, or leads in a circle");
      seen.add(node);
      for (const kid of this.list(node.get("Kids"))) waiting.push([kid, next[1] + 1]);
    }
    return [...seen];
  }

  /** The objects of an object stream (ISO 32000-1, section 7.5.7). */
  #pack(number: number): Map<number, Value> {
    const known = this.#packs.get(number);
    if (known !== undefined) return known;
    const stream = this.get(new Ref(number, 0));
    const place = this.#places.get(number);
    if (!(stream instanceof Stream) || !place || !("offset" in place))
      refuse("an object stream is missing");
    const pack = this.#unpack(stream);
    this.#packs.set(number, pack);
    return pack;
  }

  #unpack(stream: Stream): Map<number, Value> {
    const data = this.#inflateStructure(stream);
    const [count, first] = numbers([
      stream.dict.get("N") ?? null,
      stream.dict.get("First") ?? null,
    ]);
    const header = new Lexer(data, 0);
    const pack = new Map<number, Value>();
    for (let at = 0; at < count!; at++) {
      const number = header.integer();
      pack.set(number, new Lexer(data, first! + header.integer()).value());
    }
    return pack;
  }

  dict(value: Value | undefined): Dict | undefined {
    const found = this.get(value);
    return isDict(found) ? found : undefined;
  }

  /** The items of an array, none where it is no array. */
  list(value: Value | undefined): Value[] {
    const found = this.get(value);
    if (!Array.isArray(found)) return [];
    return found.length > NODES_MAX ? refuse("a list in the PDF is too long") : found;
  }

  /** The bytes of a stream, its filters undone; only Flate is known, as all that we need uses it. */
  decode(stream: Stream, sizeMax: number): Uint8Array {
    const filters = this.#list(stream.dict.get("Filter"));
    const parameters = this.#list(stream.dict.get("DecodeParms"));
    if (filters.length > 4) refuse("a stream in the PDF has too many filters");
    let data = stream.raw;
    filters.forEach((filter, at) => {
      if (!(filter instanceof Name) || filter.text !== "FlateDecode")
        refuse("a stream in the PDF has an unknown filter");
      data = unpredict(inflate(data, sizeMax), this.dict(parameters[at]));
    });
    return data.length > sizeMax
      ? refuse(`a stream in the PDF has more than ${sizeMax} bytes`)
      : data;
  }

  #list(value: Value | undefined): Value[] {
    const found = this.get(value);
    if (found === null) return [];
    return (Array.isArray(found) ? found : [found]).map((one) => this.get(one));
  }
}

/**
 * What PDFDocEncoding (ISO 32000-2, annex D.3) has at 0x18 to 0x1F and 0x80 to 0xA0; all else of
 * it is Latin-1.
 */
const DOC_ENCODING = new Map(
  [
    "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc\u2022\u2020\u2021\u2026\u2014\u2013\u0192",
    "\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018\u2019\u201a\u2122\ufb01\ufb02\u0141",
    "\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e\ufffd\u20ac",
  ]
    .flatMap((part) => [...part])
    .map((character, at) => [at < 8 ? 0x18 + at : 0x78 + at, character]),
);

/** A text string: UTF-16 or UTF-8 with its mark, else PDFDocEncoding. */
export function textOf(value: Value): string | null {
  if (!(value instanceof Uint8Array)) return null;
  if (value[0] === 0xfe && value[1] === 0xff)
    return new TextDecoder("utf-16be").decode(value.subarray(2));
  if (value[0] === 0xff && value[1] === 0xfe)
    return new TextDecoder("utf-16le").decode(value.subarray(2));
  if (value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf)
    return new TextDecoder().decode(value.subarray(3));
  return Array.from(value, (one) => DOC_ENCODING.get(one) ?? String.fromCharCode(one)).join("");
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((one, at) => bytes[at] === one.charCodeAt(0));
}

function numbers(value: Value): number[] {
  if (!Array.isArray(value)) refuse("a list of numbers is missing in the PDF");
  return value.map((one) =>
    Number.isSafeInteger(one) && (one as number) >= 0
      ? (one as number)
      : refuse("a number is missing in the PDF"),
  );
}

function readPlace(entry: Uint8Array, widths: readonly number[]): Place {
  let at = 0;
  const [kind, second, third] = widths.map((width, part) => {
    if (width === 0) return part === 0 ? 1 : 0;
    let number = 0;
    for (const end = at + width; at < end; at++) number = number * 256 + entry[at]!;
    return number;
  }) as [number, number, number];
  if (kind === 1) return { offset: second };
  return kind === 2 ? { stream: second, position: third } : null;
}
