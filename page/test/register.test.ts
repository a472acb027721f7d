/** Sheets of the national register, and names that the log shows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toUtf8 } from "../src/core/bytes.ts";
import { leafHash, treeRoot, verifyInclusion } from "../src/core/merkle.ts";
import { parseSheet } from "../src/core/sheets.ts";
import { wording } from "../src/core/wording.ts";
import { disclosedCodes, proveSheets } from "../src/refresh/sheets.ts";

const SHEET = { code: "RNCP34762", title: "Développeur web" };

test("a sheet has its members in their order, in one spelling", () => {
  const whole = {
    ...SHEET,
    level: 6,
    kind: "by-right",
    from: "2020-07-10",
    until: "2025-07-10",
    deliver_until: "2029-07-10",
    replaces: ["RNCP1", "RS20"],
    replaced_by: ["RNCP38000"],
  };
  assert.equal(parseSheet(JSON.stringify(SHEET)).level, null);
  assert.deepEqual(parseSheet(JSON.stringify(whole)), whole);
  const wrong: unknown[] = [
    { title: "x", code: "RNCP1" },
    { code: "RNCP1" },
    { ...SHEET, code: "RNCP" },
    { ...SHEET, code: "RS1234567" },
    { ...SHEET, code: "rncp1" },
    { ...SHEET, level: 0 },
    { ...SHEET, level: 9 },
    { ...SHEET, level: "6" },
    { ...SHEET, kind: "other" },
    { ...SHEET, from: "2020-02-30" },
    { ...SHEET, replaces: [] },
    { ...SHEET, replaces: ["RS2", "RNCP1"] },
    { ...SHEET, replaces: ["RS2", "RS2"] },
    { ...SHEET, more: 1 },
    { ...SHEET, title: "" },
    { ...SHEET, title: "x".repeat(1001) },
    [],
  ];
  for (const one of wrong) assert.throws(() => parseSheet(JSON.stringify(one)), JSON.stringify(one));
  assert.throws(() => parseSheet(`${JSON.stringify(SHEET)} `));
  assert.ok(parseSheet(JSON.stringify({ ...SHEET, title: "\u{1f600}".repeat(1000) })));
});

test("names have characters that are seen, and single spaces between words", () => {
  const read = wording(200);
  for (const name of ["é", "A B", "\u{1f600}".repeat(200), "a\u00a0b", "\u200aa", "\u2070", "\ufff8"]) {
    assert.equal(read(name), name);
  }
  const refused = [0x00, 0x1f, 0x7f, 0x9f, 0xad, 0x61c, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060];
  refused.push(0x206f, 0xfeff, 0xfff9, 0xffff, 0xe0000, 0xe0fff);
  for (const code of refused) {
    assert.throws(() => read(`a${String.fromCodePoint(code)}b`), code.toString(16));
  }
  for (const name of ["", " a", "a ", "a  b", "x".repeat(201), 7, null]) {
    assert.throws(() => read(name), String(name));
  }
});

function fileOf(sheets: readonly string[]): Uint8Array {
  const parts = sheets.flatMap((sheet) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(Buffer.byteLength(sheet));
    return [size, Buffer.from(sheet)];
  });
  return new Uint8Array(Buffer.concat(parts));
}

test("sheets out of a published file lead to the root, whatever their number", () => {
  for (let count = 1; count <= 20; count++) {
    const sheets = Array.from({ length: count }, (_, at) => JSON.stringify({ ...SHEET, code: `RS${at}` }));
    const root = treeRoot(sheets.map((sheet) => leafHash(toUtf8(sheet))));
    const codes = new Set(["RS0", `RS${count - 1}`, "RS77"]);
    const found = proveSheets(fileOf(sheets), codes);
    assert.deepEqual(
      found.map(({ leaf }) => leaf),
      count === 1 ? [0] : [0, count - 1],
    );
    for (const { leaf, sheet, path } of found) {
      verifyInclusion(leafHash(toUtf8(sheet)), BigInt(leaf), BigInt(count), path, root);
    }
  }
  assert.deepEqual(proveSheets(fileOf([JSON.stringify(SHEET)]), new Set(["RNCP3476"])), []);
  const cut = fileOf([JSON.stringify(SHEET)]).subarray(0, -1);
  assert.throws(() => proveSheets(cut, new Set()));
  assert.throws(() => proveSheets(Uint8Array.of(0, 0), new Set()));
});

test("codes are those that records disclose", () => {
  const disclosure = (...triple: unknown[]) => Buffer.from(JSON.stringify(triple)).toString("base64url");
  const record = ["A".repeat(43), disclosure("s", "code", "RS1"), disclosure("s", "type", "RS"), "*"];
  assert.deepEqual(disclosedCodes([record, [disclosure("s", "code", 7)]]), new Set(["RS1"]));
});
