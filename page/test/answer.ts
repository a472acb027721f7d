/**
 * Verifies what another implementation asks about: one JSON object a line in, one out.
 *
 * `{"do":"verify","bundle":"<base64>","policy":"…","now_s"?,"max_age_s"?,"genesis"?,"day"?,
 * "status_days"?,"tsa"?}` gives the report; `{"do":"summary","text":…,"roots":…}` and
 * `{"do":"roots","text":…}` what these say.
 */

import { createInterface } from "node:readline";
import { decodeBase64 } from "../src/core/encoding.ts";
import { parseEntry } from "../src/core/entry.ts";
import {
  parseSealRoots,
  reportBundle,
  verifyBundle,
  verifyJsonCv,
  verifySummary,
} from "../src/core/index.ts";
import { isEd25519, isMlDsa44, isP256 } from "../src/core/signatures.ts";
import { parseVerifierKey } from "../src/core/note.ts";
import type { VerifyOptions } from "../src/core/types.ts";

interface Question {
  do: string;
  text?: string;
  bundle?: string;
  policy?: string;
  roots?: string;
  kind?: string;
  key?: string;
  signature?: string;
  message?: string;
  now_s?: number;
  max_age_s?: number;
  genesis?: string;
  day?: string;
  status_days?: number;
  /** Certificates in PEM. */
  tsa?: string[];
}

const SIGNATURES = { ed25519: isEd25519, mldsa44: isMlDsa44, p256: isP256 };

function bytes(text: string | undefined): Uint8Array {
  return decodeBase64(text ?? "");
}

function optionsOf(one: Question): VerifyOptions {
  return {
    ...(one.now_s !== undefined && { nowS: one.now_s }),
    ...(one.max_age_s !== undefined && { maxAgeS: one.max_age_s }),
    ...(one.genesis !== undefined && { genesis: bytes(one.genesis) }),
    ...(one.day !== undefined && { day: one.day }),
    ...(one.status_days !== undefined && { statusDays: one.status_days }),
    ...(one.tsa !== undefined && { tsas: one.tsa }),
  };
}

const ANSWERS: Record<string, (one: Question) => unknown> = {
  verify: (one) => verifyBundle(bytes(one.bundle), one.policy ?? "", optionsOf(one)),
  json: (one) =>
    verifyJsonCv(bytes(one.bundle), one.policy ?? "", parseSealRoots(one.roots ?? ""), optionsOf(one)),
  entry: (one) => attempt(() => parseEntry(bytes(one.bundle)).type),
  document: (one) => reportBundle(bytes(one.bundle), one.policy ?? "", optionsOf(one)),
  summary: (one) =>
    verifySummary(one.text ?? "", parseSealRoots(one.roots ?? ""), optionsOf(one)),
  roots: (one) => attempt(() => parseSealRoots(one.text ?? "")),
  vkey: (one) => attempt(() => parseVerifierKey(one.text ?? "").vkey),
  signature: (one) => {
    const verify = SIGNATURES[one.kind as keyof typeof SIGNATURES];
    return verify(bytes(one.key), bytes(one.signature), bytes(one.message));
  },
};

/** Null for what is refused, so that a caller sees no text that differs. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.name === "FormatError") return null;
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as Question;
  const answer = (await ANSWERS[question.do]?.(question)) ?? null;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
