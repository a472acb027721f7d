import assert from "node:assert/strict";
import { test } from "node:test";
import { fromUtf8, toHex, toUtf8, u64 } from "../src/core/bytes.ts";
import {
  decodeBase64,
  decodeBase64url,
  decodeFixed,
  decodeText,
  encodeBase64,
  encodeBase64url,
  parseDecimal,
  TEXT_SIZE_MAX,
} from "../src/core/encoding.ts";
import { FormatError } from "../src/core/errors.ts";
import { decodeBase58, parseDidKey } from "../src/core/roots.ts";
import { decodeBase45 } from "../src/core/summary.ts";

/** Bytes that look random and follow from a number. */
export function fill(seed: number, size: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length: size }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (state >>> 11) & 0xff;
  });
}

test("base64 is that of Node, both ways, at every length", () => {
  for (let size = 0; size < 200; size++) {
    const data = fill(size, size);
    const text = Buffer.from(data).toString("base64");
    assert.equal(encodeBase64(data), text);
    assert.deepEqual(decodeBase64(text), data);
    const url = Buffer.from(data).toString("base64url");
    assert.equal(encodeBase64url(data), url);
    assert.deepEqual(decodeBase64url(url), data);
  }
});

test("of all short texts, base64 takes exactly those that encode back", () => {
  const characters = ["A", "B", "Q", "g", "/", "+", "-", "_", "=", " ", "\n", "é"];
  for (const text of four(characters)) {
    const canonical = Buffer.from(text, "base64").toString("base64") === text;
    assert.equal(takes(decodeBase64, text), canonical, JSON.stringify(text));
    const url = Buffer.from(text, "base64url").toString("base64url") === text;
    assert.equal(takes(decodeBase64url, text), url, JSON.stringify(text));
  }
});

function* four(characters: string[]): Generator<string> {
  for (const a of characters) {
    for (const b of characters) {
      for (const c of characters) for (const d of characters) yield a + b + c + d;
    }
  }
}

function takes<T>(decode: (text: T) => unknown, text: T): boolean {
  try {
    decode(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
    return false;
  }
}

test("base64 of another size than asked for is refused", () => {
  assert.equal(decodeFixed(encodeBase64(fill(1, 32)), 32).length, 32);
  for (const size of [31, 33, 0]) {
    assert.throws(() => decodeFixed(encodeBase64(fill(1, size)), 32), FormatError);
  }
});

test("decimals have one spelling and 64 bits", () => {
  assert.equal(parseDecimal("0"), 0n);
  assert.equal(parseDecimal("18446744073709551615"), (1n << 64n) - 1n);
  const wrong = ["", "00", "01", "+1", "-1", "-0", "1 ", "1_0", "1e3", "٣", "0x1", "1.0"];
  for (const text of [...wrong, "18446744073709551616", "99999999999999999999", "1".repeat(400)]) {
    assert.ok(!takes(parseDecimal, text), text);
  }
});

test("text is UTF-8, within its limit, and keeps a byte order mark", () => {
  const read = (text: string | Uint8Array) => decodeText(text, "text");
  assert.equal(read("\ufeffa\n"), "\ufeffa\n");
  assert.equal(read(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  for (const text of ["a\rb", "a\tb", "\0", "\x1f", "\ud800", "a\udc00b"]) {
    assert.ok(!takes(read, text), JSON.stringify(text));
  }
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    assert.ok(!takes(read, Uint8Array.from(bytes)), bytes.join());
  }
  assert.ok(takes(read, "\u{1f600}".repeat(TEXT_SIZE_MAX)));
  assert.ok(!takes(read, "\u{1f600}".repeat(TEXT_SIZE_MAX + 1)));
  assert.ok(!takes(read, "a".repeat(TEXT_SIZE_MAX + 1)));
});

test("UTF-8 goes both ways, and half a pair goes neither", () => {
  assert.equal(fromUtf8(toUtf8("é\u{1f600}\0")), "é\u{1f600}\0");
  assert.ok(!takes(toUtf8, "\ud83d"));
  assert.equal(toHex(u64((1n << 64n) - 2n)), "fffffffffffffffe");
});

test("base45 is that of RFC 9285", () => {
  const text = (code: string) => new TextDecoder().decode(decodeBase45(code));
  assert.equal(text("BB8"), "AB");
  assert.equal(text("%69 VD92EX0"), "Hello!!");
  assert.equal(text("UJCLQE7W581"), "base-45");
  assert.equal(text("QED8WEX0"), "ietf!");
  for (const wrong of ["GGW", "A", "AAAA", ":::", "::", "bb8", "B\nB", "U6"]) {
    assert.ok(!takes(decodeBase45, wrong), wrong);
  }
});

test("base58 keeps zeros in front, and refuses other digits", () => {
  assert.equal(toHex(decodeBase58("2NEpo7TZRRrLZSi2U")), toHex(toUtf8("Hello World!")));
  assert.equal(toHex(decodeBase58("11233QC4")), "0000287fb4cd");
  assert.equal(decodeBase58("").length, 0);
  for (const wrong of ["0", "O", "I", "l", "é", " 1", "1".repeat(257)]) {
    assert.ok(!takes(decodeBase58, wrong), wrong);
  }
});

test("a did:key is of one sound Ed25519 key", () => {
  // The example key of the did:key method.
  const did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
  assert.equal(parseDidKey(did).length, 32);
  const wrong = [did.slice(0, -1), `${did}1`, did.replace("z6Mk", "z6Mj"), did.replace(":z", ":m")];
  for (const one of [...wrong, `did:key:z1${did.slice(9, -1)}`, "", "did:key:z"]) {
    assert.ok(!takes(parseDidKey, one), one);
  }
});
