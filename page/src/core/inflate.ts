/**
 * A small inflater for short texts: strict, and bounded by what it may give.
 *
 * Browsers and libraries differ in what they pass over behind a stream, and in whether they look
 * at its checksum; here a stream is whole, alone and correct, or refused. Sources: RFC 1950,
 * RFC 1951.
 */

import { FormatError } from "./errors.ts";

const CODE_SIZE_MAX = 15;
const END_OF_BLOCK = 256;
const LITERAL_CODES_MAX = 286;
const DISTANCE_CODES_MAX = 30;
/** The order in which the sizes of the code of code sizes stand (RFC 1951 section 3.2.7). */
const SIZE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** First length and extra bits of the codes 257 to 285, distances of 0 to 29 (section 3.2.5). */
const LENGTHS = [...listRanges(28, 3, 4), [258, 0] as const];
const DISTANCES = listRanges(30, 1, 2);
const FIXED_SIZES = Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);

/** Lists ranges of which every `step` of them need one more bit than those before. */
function listRanges(count: number, first: number, step: number): (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let at = 0, value = first; at < count; at++) {
    const bits = Math.max(0, Math.floor(at / step) - 1);
    ranges.push([value, bits]);
    value += 1 << bits;
  }
  return ranges;
}

function refuse(): never {
  throw new FormatError("malformed zlib stream");
}

/** Inflates one whole zlib stream that gives at most `sizeMax` bytes; throws `FormatError`. */
export function inflate(data: Uint8Array, sizeMax: number): Uint8Array {
  const [method = 0, flags = 0] = data;
  const isZlib = (method & 0x0f) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0;
  if (!isZlib || flags & 0x20) refuse(); // 0x20: a preset dictionary, and we have none.
  const inflater = new Inflater(data.subarray(2), sizeMax);
  return inflater.run();
}

/** A Huffman code: how many codes there are of each size, and the symbols in their order. */
class Code {
  readonly #counts = new Array<number>(CODE_SIZE_MAX + 1).fill(0);
  readonly #symbols: number[];

  constructor(sizes: readonly number[]) {
    for (const size of sizes) this.#counts[size] = (this.#counts[size] ?? 0) + 1;
    this.#counts[0] = 0;
    this.#symbols = [...sizes.keys()]
      .filter((symbol) => sizes[symbol])
      .sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0) || a - b);
    // A code of one symbol may be incomplete, no other one.
    if (this.#left() !== 0 && (this.#symbols.length > 1 || this.#left() < 0)) refuse();
  }

  /** Returns how much of the code space is unused; less than zero: it is used twice. */
  #left(): number {
    return this.#counts.slice(1).reduce((left, count) => 2 * left - count, 1);
  }

  read(nextBit: () => number): number {
    let [code, first, at] = [0, 0, 0];
    for (const count of this.#counts.slice(1)) {
      code |= nextBit();
      if (code - first < count) return this.#symbols[at + code - first] ?? refuse();
      at += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return refuse();
  }
}

const FIXED = new Code(FIXED_SIZES);
/** Thirty codes are in use, of thirty-two that there are. */
const FIXED_DISTANCES = new Code(new Array<number>(32).fill(5));

class Inflater {
  readonly #data: Uint8Array;
  readonly #sizeMax: number;
  readonly #out: number[] = [];
  #at = 0;
  #bit = 0;

  constructor(data: Uint8Array, sizeMax: number) {
    this.#data = data;
    this.#sizeMax = sizeMax;
  }

  run(): Uint8Array {
    let last = 0;
    while (!last) {
      last = this.#bits(1);
      this.#readBlock(this.#bits(2));
    }
    this.#align();
    const checksum = [0, 1, 2, 3].reduce((value) => value * 256 + this.#byte(), 0);
    if (this.#at !== this.#data.length || checksum !== adler32(this.#out)) refuse();
    return Uint8Array.from(this.#out);
  }

  #readBlock(type: number): void {
    if (type === 0) this.#copyStored();
    else if (type === 1) this.#readSymbols(FIXED, FIXED_DISTANCES);
    else if (type === 2) this.#readSymbols(...this.#readCodes());
    else refuse();
  }

  #copyStored(): void {
    this.#align();
    const size = this.#byte() | (this.#byte() << 8);
    const complement = this.#byte() | (this.#byte() << 8);
    if ((size ^ complement) !== 0xffff) refuse();
    for (let left = size; left > 0; left--) this.#give(this.#byte());
  }

  #readCodes(): [literals: Code, distances: Code] {
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    if (literals > LITERAL_CODES_MAX || distances > DISTANCE_CODES_MAX) refuse();
    const codeSizes = new Array<number>(SIZE_ORDER.length).fill(0);
    const count = this.#bits(4) + 4;
    for (const symbol of SIZE_ORDER.slice(0, count)) codeSizes[symbol] = this.#bits(3);
    const sizes = this.#readSizes(new Code(codeSizes), literals + distances);
    if (!sizes[END_OF_BLOCK]) refuse();
    return [new Code(sizes.slice(0, literals)), new Code(sizes.slice(literals))];
  }

  #readSizes(code: Code, count: number): number[] {
    const sizes: number[] = [];
    while (sizes.length < count) {
      const symbol = code.read(this.#nextBit);
      if (symbol < 16) sizes.push(symbol);
      else if (symbol === 16) this.#repeat(sizes, sizes.at(-1) ?? refuse(), 3 + this.#bits(2));
      else if (symbol === 17) this.#repeat(sizes, 0, 3 + this.#bits(3));
      else this.#repeat(sizes, 0, 11 + this.#bits(7));
    }
    return sizes.length === count ? sizes : refuse();
  }

  #repeat(sizes: number[], size: number, times: number): void {
    for (let left = times; left > 0; left--) sizes.push(size);
  }

  #readSymbols(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = literals.read(this.#nextBit);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) this.#give(symbol);
      else {
        const length = this.#readRange(LENGTHS, symbol - END_OF_BLOCK - 1);
        this.#copy(length, this.#readRange(DISTANCES, distances.read(this.#nextBit)));
      }
    }
  }

  #readRange(ranges: readonly (readonly [number, number])[], at: number): number {
    const [first, extra] = ranges[at] ?? refuse();
    return first + this.#bits(extra);
  }

  #copy(length: number, distance: number): void {
    const start = this.#out.length - distance;
    for (let at = start; at < start + length; at++) this.#give(this.#out[at] ?? refuse());
  }

  #give(byte: number): void {
    if (this.#out.length >= this.#sizeMax) refuse();
    this.#out.push(byte);
  }

  #byte(): number {
    return this.#data[this.#at++] ?? refuse();
  }

  readonly #nextBit = (): number => {
    const value = ((this.#data[this.#at] ?? refuse()) >> this.#bit) & 1;
    this.#bit = (this.#bit + 1) % 8;
    if (this.#bit === 0) this.#at++;
    return value;
  };

  /** Reads a number, its lowest bit first. */
  #bits(count: number): number {
    let value = 0;
    for (let at = 0; at < count; at++) value |= this.#nextBit() << at;
    return value;
  }

  /** Passes over the rest of a byte that was begun. */
  #align(): void {
    if (this.#bit > 0) this.#at++;
    this.#bit = 0;
  }
}

/** The checksum of RFC 1950 section 9. */
function adler32(data: readonly number[]): number {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}
