/**
 * JSON as programs write it, read strictly, and its canonical form (RFC 8785).
 *
 * Unlike `json.ts`, this takes white space, any order and every escape; but no member twice, no
 * half surrogate pair, no number that is not an integer below 2^53, no `-0`, and no more levels
 * and items than a document of ours can need. Sources: RFC 8259, RFC 8785 sections 3.1 and 3.2.
 */

import { fromUtf8, hasLoneSurrogate, toUtf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";

/** Objects and lists within each other. */
const DEPTH_MAX = 16;
/** Strings, and brackets and commas outside of them: they bound what is built in memory. */
const ITEMS_MAX = 500_000;

const WHITE = /[ \t\n\r]*/y;
const INTEGER = /-?(?:0|[1-9][0-9]*)(?![.eE0-9])/y;
const WORDS: readonly (readonly [word: string, value: boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** Reads a JSON text of at most `sizeMax` bytes in any spelling; throws `FormatError`. */
export function parseAnyJson(data: Uint8Array, sizeMax: number, what: string): Json {
  if (data.length > sizeMax) throw new FormatError(`malformed ${what}: more than ${sizeMax} bytes`);
  try {
    return new Reader(fromUtf8(data)).readAll();
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error;
    const reason = error instanceof FormatError ? error.message : "no JSON text";
    throw new FormatError(`malformed ${what}: ${reason}`);
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #items = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): Json {
    const value = this.#readValue(0);
    this.#skipWhite();
    if (this.#at !== this.#text.length) throw new FormatError("something behind the value");
    return value;
  }

  #readValue(depth: number): Json {
    this.#skipWhite();
    const start = this.#text[this.#at];
    if (start === '"') return this.#readString();
    if (start === "[") return this.#readArray(depth + 1);
    if (start === "{") return this.#readObject(depth + 1);
    for (const [word, value] of WORDS) if (this.#takes(word)) return value;
    return this.#readInteger();
  }

  #readArray(depth: number): Json[] {
    const items: Json[] = [];
    this.#open("[", depth);
    if (this.#takesMark("]")) return items;
    do items.push(this.#readValue(depth));
    while (this.#takesMark(","));
    this.#close("]");
    return items;
  }

  #readObject(depth: number): JsonObject {
    const members: JsonObject = new Map();
    this.#open("{", depth);
    if (this.#takesMark("}")) return members;
    do {
      this.#skipWhite();
      const name = this.#readString();
      if (members.has(name)) throw new FormatError("a member that stands twice");
      this.#skipWhite();
      if (!this.#takes(":")) throw new FormatError("a member without a value");
      members.set(name, this.#readValue(depth));
    } while (this.#takesMark(","));
    this.#close("}");
    return members;
  }

  /** Finds the end of a string; what stands in it, the browser's own parser reads. */
  #readString(): string {
    const start = this.#at;
    if (!this.#takes('"')) throw new FormatError("no string where one is due");
    this.#count();
    for (let left = 1; left > 0; ) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw new FormatError("a string without an end");
      if (character === "\\") this.#at++;
      if (character === '"') left = 0;
    }
    const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
    if (typeof value !== "string" || hasLoneSurrogate(value)) {
      throw new FormatError("half a surrogate pair");
    }
    return value;
  }

  #readInteger(): number {
    INTEGER.lastIndex = this.#at;
    const found = INTEGER.exec(this.#text)?.[0];
    const value = Number(found);
    if (found === undefined || found === "-0" || !Number.isSafeInteger(value)) {
      throw new FormatError("a number that not every program reads alike, or no value");
    }
    this.#at += found.length;
    return value;
  }

  #open(bracket: string, depth: number): void {
    if (depth > DEPTH_MAX) throw new FormatError(`more than ${DEPTH_MAX} levels`);
    this.#takesMark(bracket);
  }

  #close(bracket: string): void {
    if (!this.#takesMark(bracket)) throw new FormatError("a bracket without its end");
  }

  /** Takes a bracket or comma, and counts it. */
  #takesMark(mark: string): boolean {
    this.#skipWhite();
    const found = this.#takes(mark);
    if (found) this.#count();
    return found;
  }

  #count(): void {
    if (++this.#items > ITEMS_MAX) throw new FormatError(`more than ${ITEMS_MAX} items`);
  }

  #takes(word: string): boolean {
    const found = this.#text.startsWith(word, this.#at);
    if (found) this.#at += word.length;
    return found;
  }

  #skipWhite(): void {
    WHITE.lastIndex = this.#at;
    this.#at += WHITE.exec(this.#text)?.[0].length ?? 0;
  }
}

/** Returns the canonical form of a value that `parseAnyJson` gave (RFC 8785 section 3.2). */
export function canonicalize(value: Json): Uint8Array {
  return toUtf8(spell(value));
}

function spell(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spell).join(",")}]`;
  // Strings and integers are written as ECMAScript writes them: RFC 8785 took its rules from it.
  if (!(value instanceof Map)) return JSON.stringify(value);
  const members = [...value].sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${spell(one)}`).join(",")}}`;
}
