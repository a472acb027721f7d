/** Whatever is handed in, the answer is a report that refuses, soon. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toUtf8 } from "../src/core/bytes.ts";
import { parseBundle } from "../src/core/bundle.ts";
import type { CvReport } from "../src/core/types.ts";
import { parseSealRoots, reportBundle, verifyBundle, verifyJsonCv, verifySummary } from "../src/core/index.ts";

const KEY = "log.example/1+9c2ad8b8+ATqbocWK1hxshrFB4RKR4eRkknwjE6/astA3oeMnIuQN";
const MIB = 1024 * 1024;
const ROOTS = parseSealRoots("");
const EMPTY = '{"format":"provenance-proof/1","checkpoint":"","entries":[],"status":[]}';

/** Milliseconds; generous, for a machine at work on other things too. */
const SOON = 10_000;

async function within<T>(work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const value = await work();
  assert.ok(performance.now() - started < SOON);
  return value;
}

async function refuses(text: string): Promise<void> {
  const report = await within(() => verifyBundle(toUtf8(text), "log x\n"));
  assert.equal(report.checks[0]?.name, "policy");
  for (const read of [
    () => reportBundle(toUtf8(text), POLICY),
    () => verifyJsonCv(toUtf8(text), POLICY, ROOTS),
    () => verifySummary(text, ROOTS),
  ]) {
    assert.ok(["no", "unreadable"].includes((await within<CvReport>(read)).verdict));
  }
}

/** A policy of one made-up key: any point of the curve will do. */
const POLICY = `log ${KEY}\nquorum none\n`;

test("large, deep and empty documents are refused in time", async () => {
  const entry = '{"entry":"","signature":"","path":[]}';
  const documents = [
    "",
    "{}",
    EMPTY,
    EMPTY.replace('"entries":[]', `"entries":[${entry}${`,${entry}`.repeat(999)}]`),
    EMPTY.replace('"entries":[]', `"entries":[${entry}${`,${entry}`.repeat(1000)}]`),
    EMPTY.replace('""', `"${"a".repeat(16 * MIB)}"`),
    EMPTY.replace('""', `"${"\\n".repeat(8 * MIB - 50)}"`),
    EMPTY.replace('"status":[]', `"status":[${"[".repeat(8 * MIB)}`),
    EMPTY.replace('"status":[]', `"status":[${"0,".repeat(8 * MIB - 60)}0]`),
    `{"a":${"[".repeat(16 * MIB)}`,
    `{"a":${'{"a":'.repeat(3 * MIB)}`,
    `{"a":[${"1,".repeat(8 * MIB)}1]}`,
    `PROV1:${"0".repeat(16 * MIB)}`,
    "PROV1:",
    "\ud800",
  ];
  for (const text of documents) if (text !== "\ud800") await refuses(text);
  assert.equal(verifySummary("\ud800", ROOTS).verdict, "unreadable");
});

test("a note of many lines, and one of long lines, is refused in time", async () => {
  const notes = ["\n".repeat(900_000), `${"a".repeat(900_000)}\n\n— a AAAAAAA=\n`, "— ".repeat(400_000)];
  for (const note of notes) {
    const text = EMPTY.replace('"checkpoint":""', `"checkpoint":${JSON.stringify(note)}`);
    const report = await within(() => verifyBundle(toUtf8(text), POLICY));
    assert.deepEqual(report.checks.map(({ name, outcome }) => [name, outcome]), [
      ["format", "yes"],
      ["checkpoint", "no"],
    ]);
  }
});

test("a mistake of the program itself refuses, too", async () => {
  // Nothing that a caller in TypeScript can hand in: it stands for what nobody foresaw.
  const report = await verifyBundle(null as unknown as Uint8Array, POLICY);
  assert.deepEqual(report.checks.map(({ name, outcome }) => [name, outcome]), [["internal", "no"]]);
  assert.equal(report.verdict, "no");
  const late = new Proxy({}, { get: () => assert.fail("no option can be read") });
  assert.equal((await verifyBundle(toUtf8(EMPTY), POLICY, late)).verdict, "no");
});

test("what is disclosed is limited in all lists together", () => {
  const digest = "d".repeat(43);
  const most = 4 * MIB;
  const listed = (...record: string[]) => [{ entry: "", signature: "", path: [], record }];
  const made = (first: number, second: number, letter: string) => {
    const rest = Array<string>(6).fill(digest);
    const later = { checkpoint: "", proof: [], entries: listed("", letter.repeat(second), ...rest), status: [] };
    const entries = listed("", "x".repeat(first), ...rest);
    const whole = { format: "provenance-proof/1", checkpoint: "", entries, status: [], later };
    return toUtf8(JSON.stringify(whole));
  };
  // Characters count, not bytes and not units; digests do not.
  for (const letter of ["x", "\u{1F600}"]) {
    parseBundle(made(most - 100, 100, letter));
    assert.throws(() => parseBundle(made(most - 99, 100, letter)), /disclosures of more than 4194304/);
    assert.throws(() => parseBundle(made(most - 100, 101, letter)), /disclosures of more than 4194304/);
  }
  parseBundle(made(most, 43, "x"));
  assert.throws(() => parseBundle(made(most, 42, "x")), /disclosures/);
});
