/** The cases that all implementations of the verifier share. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeBase64 } from "../src/core/encoding.ts";
import { reportBundle } from "../src/core/index.ts";
import type { CvReport, Report, VerifyOptions } from "../src/core/types.ts";
import { verifyDocument } from "../src/documents/verify.ts";

declare const TEST_FOLDER: string;
const FOLDER = join(TEST_FOLDER, "../../tests/vectors/bundles");

interface Case {
  id: string;
  file: string;
  policy: string;
  seal_roots: string | null;
  now_s: number | null;
  max_age_s: number | null;
  genesis: string | null;
  kind: string;
  verdict: string;
  level: string;
  failing: string[];
  proof_failing: string[];
  proof_failures: [string, number | null][];
  certifications: Record<string, unknown>[] | null;
  same_person: boolean | null;
}

const read = (name: string): Buffer => readFileSync(join(FOLDER, name));
const { cases } = JSON.parse(read("cases.json").toString()) as { cases: Case[] };

function optionsOf(one: Case): VerifyOptions {
  return {
    ...(one.now_s !== null && { nowS: one.now_s }),
    ...(one.max_age_s !== null && { maxAgeS: one.max_age_s }),
    ...(one.genesis !== null && { genesis: decodeBase64(one.genesis) }),
  };
}

/** Everything goes the way of the page, which takes no age and no pinned entry: bundles may. */
async function verify(one: Case): Promise<CvReport> {
  const data = new Uint8Array(read(one.file));
  const policy = read(one.policy).toString();
  if (one.max_age_s !== null || one.genesis !== null) {
    return reportBundle(data, policy, optionsOf(one));
  }
  const roots = one.seal_roots === null ? "" : read(one.seal_roots).toString();
  return verifyDocument(data, policy, roots, (one.now_s ?? 0) * 1000);
}

const failing = (report: CvReport | Report | null) =>
  (report?.checks ?? []).filter((check) => check.outcome === "no");

function describe(one: Case, report: CvReport): unknown {
  const { proof } = report;
  const failures = failing(proof).map(({ name, index }) => [name, index]);
  const keys = Object.keys(one.certifications?.[0] ?? {});
  const accepted = proof?.verdict === "yes" ? proof : null;
  return {
    kind: report.kind,
    verdict: report.verdict,
    level: report.level,
    failing: failing(report).map(({ name }) => name),
    proof_failing: [...new Set(failures.map(([name]) => name))],
    proof_failures: failures,
    certifications:
      accepted?.certifications.map((said) =>
        Object.fromEntries(keys.map((key) => [key, Reflect.get(said, key)])),
      ) ?? null,
    same_person: accepted?.same_person ?? null,
  };
}

const isPicture = (file: string): boolean => /\.(png|jpe?g)$/.test(file);

for (const one of cases) {
  const skip = isPicture(one.file) && "only a browser reads pictures: see browse.mjs";
  test(`case ${one.id}`, { skip }, async () => {
    const { kind, verdict, level, failing, proof_failing, proof_failures } = one;
    const { certifications, same_person } = one;
    const expected = { kind, verdict, level, failing, proof_failing, proof_failures };
    const told = describe(one, await verify(one));
    assert.deepEqual(told, { ...expected, certifications, same_person });
  });
}

test("there are cases, and accepted ones among them", () => {
  assert.ok(cases.length > 50);
  assert.ok(cases.some((one) => one.verdict === "yes"));
});
