import assert from "node:assert/strict";
import { test } from "node:test";
import { toUtf8 } from "../src/core/bytes.ts";
import { FormatError } from "../src/core/errors.ts";
import { canonicalize, parseAnyJson } from "../src/core/jcs.ts";
import { type Json, parseJson } from "../src/core/json.ts";
import { index, list, nullable, object, optional, text, word } from "../src/core/schema.ts";

const strict = (json: string): Json => parseJson(toUtf8(json), "test");
const lax = (json: string): Json => parseAnyJson(toUtf8(json), 1000, "test");

/** Writes values as they were read, maps as objects in their order. */
function write(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  return `{${[...value].map(([name, one]) => `${JSON.stringify(name)}:${write(one)}`).join(",")}}`;
}

const CANONICAL = [
  "0",
  "-1",
  "9007199254740991",
  "-9007199254740991",
  "true",
  "false",
  "null",
  '""',
  '"é\u2028\x7f/\u{1f600}\ufeff"',
  '"\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u000b\\u001f"',
  "[]",
  "{}",
  '[1,[2,{"a":[]}],""]',
  '{"b":1,"a":{"__proto__":null,"1":2}}',
];
const OTHERWISE_SPELLED = [
  " 1",
  "1 ",
  "[1, 2]",
  '{"a" :1}',
  "[1]\n",
  '"\\u00e9"',
  '"\\/"',
  '"\\u0008"',
  '"\\u001F"',
  '"\\ud83d\\ude00"',
];
const WRONG_ALWAYS = [
  "",
  "-",
  "-0",
  "00",
  "01",
  "+1",
  "1.0",
  "1e0",
  "1E2",
  "9007199254740992",
  "-9007199254740992",
  "1".repeat(400),
  "NaN",
  "Infinity",
  "tru",
  "nulll",
  "'a'",
  '"a',
  '"\\',
  '"\\x41"',
  '"\\u12"',
  '"a\nb"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  "[1,]",
  "[,1]",
  "[1 2]",
  "[1",
  "]",
  '{"a":1,}',
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":1}'.replace("\\u0061", "a"),
  '{"a"}',
  "{1:2}",
  "{a:1}",
  "[]]",
  "1 2",
  "\ufeff1",
];

test("what is canonical is read by both readers, and is written as it was", () => {
  for (const json of CANONICAL) {
    assert.equal(write(strict(json)), json);
    assert.equal(write(lax(json)), json);
  }
});

test("another spelling is read by one reader and refused by the other", () => {
  for (const json of OTHERWISE_SPELLED) {
    assert.throws(() => strict(json), FormatError, json);
    assert.deepEqual(JSON.parse(write(lax(json))), JSON.parse(json));
  }
});

test("what is no JSON, or not read alike everywhere, is refused by both", () => {
  for (const json of WRONG_ALWAYS) {
    assert.throws(() => strict(json), FormatError, json);
    assert.throws(() => lax(json), FormatError, json);
  }
  assert.throws(() => lax('{"a":1,"\\u0061":1}'), FormatError);
});

test("bytes that are no UTF-8 are refused", () => {
  for (const bytes of [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xef, 0xbb, 0xbf, 0x31]]) {
    assert.throws(() => parseJson(Uint8Array.from(bytes), "test"), FormatError);
    assert.throws(() => parseAnyJson(Uint8Array.from(bytes), 1000, "test"), FormatError);
  }
});

test("depth is bounded, whatever is nested", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(lax(nested(16)));
  assert.throws(() => lax(nested(17)), FormatError);
  for (const depth of [1000, 10_000_000]) {
    assert.throws(() => strict(nested(depth)), FormatError);
    assert.throws(() => strict('{"a":'.repeat(depth)), FormatError);
    assert.throws(() => parseAnyJson(toUtf8(nested(depth)), 1e9, "test"), FormatError);
  }
});

test("the canonical form sorts members by UTF-16 code units (RFC 8785 section 3.2.3)", () => {
  const names = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\x80", "\u00f6"];
  const json = `{${names.map((name) => `${JSON.stringify(name)}:1`).join(",")}}`;
  const sorted = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"];
  const expected = `{${sorted.map((name) => `${JSON.stringify(name)}:1`).join(",")}}`;
  assert.equal(new TextDecoder().decode(canonicalize(lax(json))), expected);
});

test("members stand in their order, and absent is not null", () => {
  const read = object({ a: index, b: optional(text()), c: optional(list(word("x"), { min: 1 }), []) });
  assert.deepEqual(read(strict('{"a":1}')), { a: 1, b: null, c: [] });
  assert.deepEqual(read(strict('{"a":1,"b":"","c":["x"]}')), { a: 1, b: "", c: ["x"] });
  const wrong = ['{"b":"","a":1}', '{"a":1,"b":null}', '{"a":1,"c":[]}', '{"a":1,"d":1}', "{}"];
  for (const json of [...wrong, '{"a":-1}', '{"a":true}', '{"a":"1"}', "[]", "null", '{"a":1,"c":["y"]}']) {
    assert.throws(() => read(strict(json)), FormatError, json);
  }
  assert.equal(nullable(index)(null), null);
});
