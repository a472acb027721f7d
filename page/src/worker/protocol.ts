import type { CvReport } from "../core/index.ts";

/** What the page asks of the worker: one document, and whom to trust. */
export interface Request {
  bytes: ArrayBuffer;
  policy: string;
  roots: string;
  nowMs: number;
}

/** SHA-256 of the document in hexadecimal, and what was found. */
export interface Answer {
  hash: string;
  report: CvReport;
}
