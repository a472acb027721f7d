import type { Examined } from "../documents/verify.ts";

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
export interface Answer extends Examined {
  hash: string;
  /** Why the published log could not be used, where it was asked for. */
  problem: string | null;
}
