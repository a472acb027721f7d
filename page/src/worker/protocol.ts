import type { CvReport } from "../core/index.ts";
import type { Oddity } from "../documents/recognise.ts";

/** What the page asks of the worker: one document, and whom to trust. */
export interface Request {
  bytes: ArrayBuffer;
  policy: string;
  roots: string;
  nowMs: number;
  /** Where the log is published, when its newest status is asked for; else nothing is fetched. */
  tiles: string | null;
}

/** SHA-256 of the document in hexadecimal, and what was found. */
export interface Answer {
  hash: string;
  report: CvReport;
  /** How many of the first bytes are the revision that can be recovered, null where there is none. */
  revisionSize: number | null;
  /** What the document is, where it is nothing of ours. */
  oddity: Oddity | null;
  /** Why the published log could not be used, where it was asked for. */
  problem: string | null;
}
