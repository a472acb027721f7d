/** The cases that all implementations of the verifier share. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeBase64 } from "../src/core/encoding.ts";
import { isProven, parseSealRoots, reportBundle } from "../src/core/index.ts";
import type { CvReport, Report } from "../src/core/types.ts";
import { verifyDocument } from "../src/documents/verify.ts";

declare const TEST_FOLDER: string;
const FOLDER = join(TEST_FOLDER, "../../tests/vectors/bundles");

interface Case {
  id: string;
  file: string;
  policy: string;
  seal_roots: string | null;
  day: string | null;
  status_days: number | null;
  now_s: number | null;
  max_age_s: number | null;
  genesis: string | null;
  kind: string;
  verdict: string;
  level: string;
  recoverable: boolean;
  failing: string[];
  proof_verdict: string | null;
  proof_failures: [string, number | null][];
  certifications: Record<string, unknown>[] | null;
  persons: unknown[];
  same_person: boolean | null;
  note: string;
}

const read = (name: string): Buffer => readFileSync(join(FOLDER, name));

/** What is left out of a case, and of what it says of a certification: it is as here. */
const LEFT_OUT: Omit<Case, "id" | "file" | "policy" | "note" | "kind" | "verdict" | "level"> = {
  seal_roots: null,
  day: null,
  status_days: null,
  now_s: null,
  max_age_s: null,
  genesis: null,
  recoverable: false,
  failing: [],
  proof_verdict: null,
  proof_failures: [],
  certifications: null,
  persons: [],
  same_person: null,
};
const UNSAID = {
  limited: false,
  as_of_index: null,
  changed_by: null,
  certifier: null,
  certifier_name: null,
  certifier_registration: null,
  identity: null,
  lacks: [],
  provisional: null,
  endorsed: false,
  keys: null,
  title: null,
  level: null,
  register_date: null,
  unknown_fields: 0,
  reasons: [],
};

function filled(written: Case): Case {
  const one = { ...LEFT_OUT, ...written };
  const certifications = one.certifications?.map((said) => ({ ...UNSAID, ...said })) ?? null;
  return { ...one, certifications };
}

const written = JSON.parse(read("cases.json").toString()) as { cases: Case[] };
const cases = written.cases.map(filled);

/** Everything goes the way of the page, which takes no age and no pinned entry: bundles may. */
async function verify(one: Case): Promise<CvReport> {
  const data = new Uint8Array(read(one.file));
  const policy = read(one.policy).toString();
  const roots = one.seal_roots === null ? "" : read(one.seal_roots).toString();
  const { day, status_days: statusDays } = one;
  const when = { ...(statusDays !== null && { statusDays }) };
  if (one.max_age_s === null && one.genesis === null) {
    return verifyDocument(data, { policy, roots, nowMs: (one.now_s ?? 0) * 1000, day, ...when });
  }
  return reportBundle(data, policy, {
    ...when,
    tsas: parseSealRoots(roots).tsas,
    ...(day !== null && { day }),
    ...(one.now_s !== null && { nowS: one.now_s }),
    ...(one.max_age_s !== null && { maxAgeS: one.max_age_s }),
    ...(one.genesis !== null && { genesis: decodeBase64(one.genesis) }),
  });
}

const failing = (report: CvReport | Report | null) =>
  (report?.checks ?? []).filter((check) => check.outcome === "no");

function describe(one: Case, report: CvReport): unknown {
  const { proof } = report;
  const failures = failing(proof).map(({ name, index }) => [name, index]);
  const keys = Object.keys(one.certifications?.[0] ?? {});
  const accepted = proof !== null && isProven(proof) ? proof : null;
  return {
    kind: report.kind,
    verdict: report.verdict,
    level: report.level,
    recoverable: report.recoverable,
    failing: failing(report).map(({ name }) => name),
    proof_verdict: proof?.verdict ?? null,
    proof_failures: failures,
    certifications:
      accepted?.certifications.map((said) =>
        Object.fromEntries(keys.map((key) => [key, Reflect.get(said, key)])),
      ) ?? null,
    persons: accepted?.persons ?? [],
    same_person: accepted?.same_person ?? null,
  };
}

const isPicture = (file: string): boolean => /\.(png|jpe?g)$/.test(file);

for (const one of cases) {
  const skip = isPicture(one.file) && "only a browser reads pictures: see browse.mjs";
  test(`case ${one.id}`, { skip }, async () => {
    const { id, file, policy, seal_roots, day, status_days, now_s, max_age_s, genesis, note, ...said } =
      one;
    assert.deepEqual(describe(one, await verify(one)), said);
  });
}

test("there are cases, and accepted ones among them", () => {
  assert.ok(cases.length > 50);
  assert.ok(cases.some((one) => one.verdict === "yes"));
});
