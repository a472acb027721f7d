/**
 * JSON in its one spelling, and no other: a reader that accepts nothing else.
 *
 * No white space; strings escaped as RFC 8785 section 3.2.2.2 has it, without lone surrogates;
 * integers strictly between -2^53 and 2^53 and no other numbers; no member twice. The order of
 * members is for the reader of each object to judge (`schema.ts`), so objects are maps, which
 * keep it. Source: docs/formats.md section 1, RFC 8259.
 */

import { fromUtf8, hasLoneSurrogate } from "./bytes.ts";
import { FormatError } from "./errors.ts";

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

/** Levels of arrays and objects; the deepest document of ours has six. */
const DEPTH_MAX = 16;

const ESCAPED = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["f", "\f"],
  ["r", "\r"],
]);
/** Control characters without an escape of their own, in lower-case hexadecimal. */
const ESCAPED_CONTROL = /u00(?:0[0-7be-f]|1[0-9a-f])/y;
const INTEGER = /-?[0-9]+/y;
const SPELLED_INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** Reads one JSON text in its one spelling; throws `FormatError`, which names `what`. */
export function parseJson(data: Uint8Array | string, what: string): Json {
  const problem = `malformed ${what}: not in canonical form`;
  try {
    const text = typeof data === "string" ? data : fromUtf8(data);
    if (hasLoneSurrogate(text)) throw new FormatError(problem);
    return new Reader(text, problem).readAll();
  } catch (error) {
    throw error instanceof FormatError ? new FormatError(problem) : error;
  }
}

class Reader {
  readonly #text: string;
  readonly #problem: string;
  #at = 0;

  constructor(text: string, problem: string) {
    this.#text = text;
    this.#problem = problem;
  }

  readAll(): Json {
    const value = this.#readValue(0);
    if (this.#at !== this.#text.length) this.#fail();
    return value;
  }

  #readValue(depth: number): Json {
    if (depth > DEPTH_MAX) this.#fail();
    switch (this.#text[this.#at]) {
      case '"':
        return this.#readString();
      case "[":
        return this.#readArray(depth);
      case "{":
        return this.#readObject(depth);
      case "t":
        return this.#readWord("true", true);
      case "f":
        return this.#readWord("false", false);
      case "n":
        return this.#readWord("null", null);
      default:
        return this.#readInteger();
    }
  }

  #readArray(depth: number): Json[] {
    const items: Json[] = [];
    this.#expect("[");
    if (this.#takes("]")) return items;
    do items.push(this.#readValue(depth + 1));
    while (this.#takes(","));
    this.#expect("]");
    return items;
  }

  #readObject(depth: number): JsonObject {
    const members: JsonObject = new Map();
    this.#expect("{");
    if (this.#takes("}")) return members;
    do {
      const name = this.#readString();
      if (members.has(name)) this.#fail();
      this.#expect(":");
      members.set(name, this.#readValue(depth + 1));
    } while (this.#takes(","));
    this.#expect("}");
    return members;
  }

  /** Reads a string piece by piece: what stands between two escapes is taken as it is. */
  #readString(): string {
    this.#expect('"');
    const pieces: string[] = [];
    let start = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        pieces.push(this.#text.slice(start, this.#at++), this.#readEscape());
        start = this.#at;
      } else if (code >= SPACE) {
        this.#at++;
      } else {
        this.#fail(); // A control character, or the end: its code is NaN.
      }
    }
    pieces.push(this.#text.slice(start, this.#at++));
    return pieces.join("");
  }

  #readEscape(): string {
    const plain = ESCAPED.get(this.#text[this.#at] ?? "");
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    const digits = this.#match(ESCAPED_CONTROL).slice(1);
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #readInteger(): number {
    const text = this.#match(INTEGER);
    const value = Number(text);
    if (!SPELLED_INTEGER.test(text) || !Number.isSafeInteger(value)) this.#fail();
    return value;
  }

  #readWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail();
    this.#at += word.length;
    return value;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? this.#fail();
    this.#at += found.length;
    return found;
  }

  #takes(character: string): boolean {
    const found = this.#text[this.#at] === character;
    if (found) this.#at++;
    return found;
  }

  #expect(character: string): void {
    if (!this.#takes(character)) this.#fail();
  }

  #fail(): never {
    throw new FormatError(this.#problem);
  }
}
