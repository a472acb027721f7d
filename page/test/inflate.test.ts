import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateSync } from "node:zlib";
import { FormatError } from "../src/core/errors.ts";
import { inflate } from "../src/core/inflate.ts";

const WORDS = ["certification", "RNCP34762", "\u00e9", " ", "2026-03-14", "\n", "\0\0\0\0"];

function textOf(size: number, seed: number): Uint8Array {
  let [state, text] = [seed, ""];
  while (text.length < size) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += (state >>> 28) % 3 ? WORDS[(state >>> 16) % WORDS.length] : String(state);
  }
  return new TextEncoder().encode(text);
}

const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FIXED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
];

test("whatever zlib writes is read", () => {
  for (const size of [0, 1, 2, 50, 300, 5000, 40_000]) {
    const data = textOf(size, size + 1);
    for (const level of [0, 1, 6, 9]) {
      for (const strategy of STRATEGIES) {
        const packed = new Uint8Array(deflateSync(data, { level, strategy }));
        assert.deepEqual(inflate(packed, data.length), data);
      }
    }
  }
});

test("no more is given than was asked for", () => {
  const packed = new Uint8Array(deflateSync(new Uint8Array(50_000_000), { level: 9 }));
  const started = performance.now();
  assert.throws(() => inflate(packed, 16_384), FormatError);
  assert.ok(performance.now() - started < 1000);
});

test("a stream that is cut, changed or not alone is refused", () => {
  const data = textOf(400, 3);
  const packed = new Uint8Array(deflateSync(data));
  for (let size = 0; size < packed.length; size++) {
    assert.throws(() => inflate(packed.subarray(0, size), 1000), FormatError);
  }
  assert.throws(() => inflate(Uint8Array.of(...packed, 0), 1000), FormatError);
  for (let bit = 0; bit < 8 * packed.length; bit++) {
    const changed = packed.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    let read: Uint8Array | null = null;
    try {
      read = inflate(changed, 1000);
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
    // Bits that fill up the last byte of the last block mean nothing.
    if (read !== null) assert.deepEqual(read, data);
  }
});

test("a stream that asks for a preset dictionary is refused", () => {
  const dictionary = Buffer.from("certification");
  const packed = new Uint8Array(deflateSync("certification", { dictionary }));
  assert.throws(() => inflate(packed, 1000), FormatError);
});
