import { refuse } from "../errors.ts";
import { type Dict, Name, Real, Ref, type Value } from "./values.ts";

/** How deeply arrays and dictionaries may be nested; real files stay far below. */
const DEPTH_MAX = 100;
/** Bytes of a string as it is written; the longest that matters is a signature, of half a mebibyte. */
const STRING_SIZE_MAX = 4 * 1024 * 1024;
const WHITE = new Set([0, 9, 10, 12, 13, 32]);
const DELIMITERS = new Set([..."()<>[]{}/%"].map((one) => one.charCodeAt(0)));
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const ESCAPES = new Map(
  [..."nrtbf"].map((one, at) => [one.charCodeAt(0), [10, 13, 9, 8, 12][at]!]),
);

/** Reads values out of a PDF's bytes, from a position on (ISO 32000-1, sections 7.2 and 7.3). */
export class Lexer {
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }
  readonly bytes: Uint8Array;
  at: number;

  skipWhite(): void {
    for (; this.at < this.bytes.length; this.at++) {
      const one = this.bytes[this.at]!;
      if (one === 0x25) this.#skipComment();
      else if (!WHITE.has(one)) return;
    }
  }

  #skipComment(): void {
    while (this.at + 1 < this.bytes.length && ![10, 13].includes(this.bytes[this.at + 1]!))
      this.at++;
  }

  /** The characters up to the next white space or delimiter: a number or a keyword. */
  word(): string {
    this.skipWhite();
    const start = this.at;
    while (this.at < this.bytes.length && this.#isRegular(this.bytes[this.at]!)) {
      if (++this.at - start > 128) refuse("a word in the PDF is too long");
    }
    return String.fromCharCode(...this.bytes.subarray(start, this.at));
  }

  #isRegular(one: number): boolean {
    return !WHITE.has(one) && !DELIMITERS.has(one);
  }

  /** A whole number that is not negative. */
  integer(): number {
    const text = this.word();
    if (!/^\d{1,15}$/.test(text)) refuse("a number is missing in the PDF");
    return Number(text);
  }

  expect(word: string): void {
    if (this.word() !== word) refuse(`"${word}" is missing in the PDF`);
  }

  value(depth = 0): Value {
    if (depth > DEPTH_MAX) refuse("the PDF is nested too deeply");
    this.skipWhite();
    const first = this.bytes[this.at];
    if (first === undefined) refuse("the PDF ends too early");
    if (first === 0x2f) return this.#name();
    if (first === 0x28) return this.#literal();
    if (first === 0x5b) return this.#array(depth);
    if (first === 0x3c) return this.bytes[this.at + 1] === 0x3c ? this.#dict(depth) : this.#hex();
    return this.#plain();
  }

  #plain(): Value {
    const text = this.word();
    if (text === "true" || text === "false") return text === "true";
    if (text === "null") return null;
    if (!NUMBER.test(text)) refuse("a value in the PDF cannot be read");
    if (text.includes(".")) return new Real(Number(text));
    return (/^\d{1,10}$/.test(text) && this.#reference(Number(text))) || Number(text);
  }

  /** `n g R` is a reference; else nothing but the number was read. */
  #reference(number: number): Ref | undefined {
    const back = this.at;
    const generation = this.word();
    if (/^\d{1,5}$/.test(generation) && this.word() === "R")
      return new Ref(number, Number(generation));
    this.at = back;
    return undefined;
  }

  #name(): Name {
    this.at++;
    let text = "";
    while (this.at < this.bytes.length && this.#isRegular(this.bytes[this.at]!)) {
      const hex = String.fromCharCode(...this.bytes.subarray(this.at + 1, this.at + 3));
      const escaped = this.bytes[this.at] === 0x23 && /^[0-9A-Fa-f]{2}$/.test(hex);
      text += String.fromCharCode(escaped ? Number.parseInt(hex, 16) : this.bytes[this.at]!);
      this.at += escaped ? 3 : 1;
      if (text.length > 1024) refuse("a name in the PDF is too long");
    }
    return new Name(text);
  }

  #array(depth: number): Value[] {
    const items: Value[] = [];
    for (this.at++, this.skipWhite(); this.bytes[this.at] !== 0x5d; this.skipWhite()) {
      items.push(this.value(depth + 1));
    }
    this.at++;
    return items;
  }

  #dict(depth: number): Dict {
    const dict: Dict = new Map();
    for (this.at += 2, this.skipWhite(); this.bytes[this.at] !== 0x3e; this.skipWhite()) {
      if (this.bytes[this.at] !== 0x2f) refuse("a dictionary in the PDF cannot be read");
      const key = this.#name().text;
      if (dict.has(key)) refuse("a dictionary in the PDF names something twice");
      dict.set(key, this.value(depth + 1));
    }
    if (this.bytes[this.at + 1] !== 0x3e) refuse("a dictionary in the PDF does not end");
    this.at += 2;
    return dict;
  }

  #hex(): Uint8Array {
    const end = this.bytes.indexOf(0x3e, this.at);
    if (end < 0) refuse("a string in the PDF does not end");
    if (end - this.at > STRING_SIZE_MAX) refuse("a string in the PDF is too long");
    const digits = new TextDecoder("latin1")
      .decode(this.bytes.subarray(this.at + 1, end))
      .replace(/[\0\t\n\f\r ]/g, "");
    if (!/^[0-9A-Fa-f]*$/.test(digits)) refuse("a string in the PDF cannot be read");
    this.at = end + 1;
    return decodeHex(digits.length % 2 ? `${digits}0` : digits);
  }

  #literal(): Uint8Array {
    const out: number[] = [];
    let open = 1;
    for (this.at++; ;) {
      if (out.length > STRING_SIZE_MAX) refuse("a string in the PDF is too long");
      const one = this.bytes[this.at++];
      if (one === undefined) refuse("a string in the PDF does not end");
      if (one === 0x5c) {
        this.#escape(out);
        continue;
      }
      open += one === 0x28 ? 1 : one === 0x29 ? -1 : 0;
      if (open === 0) return Uint8Array.from(out);
      out.push(one);
    }
  }

  #escape(out: number[]): void {
    const one = this.bytes[this.at++] ?? refuse("a string in the PDF does not end");
    const octal = /^[0-7]{1,3}/.exec(
      String.fromCharCode(...this.bytes.subarray(this.at - 1, this.at + 2)),
    );
    if (octal !== null) {
      this.at += octal[0].length - 1;
      out.push(Number.parseInt(octal[0], 8) & 0xff);
    } else if (one === 13) {
      if (this.bytes[this.at] === 10) this.at++; // the line goes on
    } else if (one !== 10) {
      out.push(ESCAPES.get(one) ?? one);
    }
  }
}

export function decodeHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++)
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
