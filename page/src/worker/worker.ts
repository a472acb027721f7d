import { verifyDocument } from "../documents/verify.ts";
import type { Answer, Request } from "./protocol.ts";

const scope = self as unknown as { onmessage: (event: MessageEvent<Request>) => void; postMessage: (answer: Answer) => void };

async function answer({ bytes, policy, roots, nowMs }: Request): Promise<void> {
  const data = new Uint8Array(bytes);
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].map((one) => one.toString(16).padStart(2, "0")).join("");
  scope.postMessage({ hash, report: await verifyDocument(data, policy, roots, nowMs) });
}

// What fails here is thrown anew outside of the promise, so that the page hears of it.
scope.onmessage = (event) => {
  answer(event.data).catch((error: unknown) => setTimeout(() => { throw error; }));
};
