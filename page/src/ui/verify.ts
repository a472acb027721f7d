import source from "worker-source";
import type { Answer, Request } from "../worker/protocol.ts";
import type { Trust } from "./trust.ts";

/** Milliseconds after which a document is refused; a large honest one takes a tenth of it. */
const TIME_MS_MAX = 30_000;
export const FILE_SIZE_MAX = 64 * 1024 * 1024;

export class TimeoutError extends Error {}

/**
 * Verify one document, with its status as published at `tiles` where that is given.
 *
 * A worker of its own does it, and is ended afterwards whatever happens: so a
 * hostile document can neither hang the page nor leave anything behind for the next one.
 */
export function verifyBytes(
  bytes: ArrayBuffer,
  trust: Trust,
  nowMs: number,
  tiles: string | null = null,
): Promise<Answer> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  let timer = 0;
  const outcome = new Promise<Answer>((resolve, reject) => {
    timer = window.setTimeout(() => reject(new TimeoutError()), TIME_MS_MAX);
    worker.onmessage = (event: MessageEvent<Answer>) => resolve(event.data);
    worker.onerror = () => reject(new Error());
    worker.onmessageerror = () => reject(new Error());
    const request: Request = { bytes, policy: trust.policy, roots: trust.roots, nowMs, tiles };
    worker.postMessage(request);
  });
  return outcome.finally(() => {
    window.clearTimeout(timer);
    worker.terminate();
    URL.revokeObjectURL(url);
  });
}
