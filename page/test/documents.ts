/**
 * Verifies the documents that another implementation asks about: one JSON object a line in, one
 * report a line out. `{"data":"<base64>","policy":"…","roots":"…","now_s":…,"day":"…" or null,
 * "status_days"?}`
 */

import { createInterface } from "node:readline";
import { verifyDocument } from "../src/documents/verify.ts";

interface Question {
  data: string;
  policy: string;
  roots: string;
  now_s: number;
  day: string | null;
  status_days?: number;
}

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line) as Question;
  const data = Uint8Array.from(Buffer.from(one.data, "base64"));
  const { policy, roots, day, status_days: statusDays } = one;
  const report = await verifyDocument(data, {
    policy,
    roots,
    nowMs: one.now_s * 1000,
    day,
    ...(statusDays !== undefined && { statusDays }),
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
