import { parisDay } from "../core/index.ts";
import { examineDocument } from "../documents/verify.ts";
import { reasonOf } from "../errors.ts";
import { refreshBundle } from "../refresh/refresh.ts";
import type { Answer, Request } from "./protocol.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage: (answer: Answer) => void;
};

async function answer({ bytes, policy, roots, nowMs, tiles }: Request): Promise<void> {
  const data = new Uint8Array(bytes);
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))]
    .map((one) => one.toString(16).padStart(2, "0"))
    .join("");
  let problem: string | null = null;
  // A published log that is of no use leaves the proof as it is.
  const refresh = async (bundle: Uint8Array): Promise<Uint8Array> => {
    if (tiles === null) return bundle;
    try {
      return await refreshBundle(bundle, tiles);
    } catch (error) {
      problem = reasonOf(error);
      return bundle;
    }
  };
  const day = parisDay(nowMs);
  const examined = await examineDocument(data, { policy, roots, nowMs, day, refresh });
  scope.postMessage({ hash, ...examined, problem });
}

// What fails here is thrown anew outside of the promise, so that the page hears of it.
scope.onmessage = (event) => {
  answer(event.data).catch((error: unknown) =>
    setTimeout(() => {
      throw error;
    }),
  );
};
