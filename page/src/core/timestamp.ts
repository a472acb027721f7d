/**
 * The time stamp of a bundle (RFC 3161): its checkpoint existed before a time, if the authority
 * that says so was honest then. Source: docs/formats.md sections 8 and 21.
 */

import { reasonOf } from "../errors.ts";
import { parsePem } from "../seal/certificates.ts";
import { verifyStamp } from "../seal/stamp.ts";
import type { Checks } from "./checks.ts";
import { toUtf8 } from "./bytes.ts";
import { decodeBase64 } from "./encoding.ts";
import { isRefusal } from "./errors.ts";
import { splitNote } from "./note.ts";

/** What the imprint of a token is made with (docs/formats.md section 8). */
const DIGEST = "SHA-256";

/** Checks the token of a bundle over the text of its checkpoint. */
export async function checkTimestamp(
  token: string | null,
  note: string,
  tsas: readonly string[],
  checks: Checks,
): Promise<void> {
  if (token === null) return checks.skip("timestamp", "no time stamp is shown");
  if (tsas.length === 0) {
    return checks.skip("timestamp", "no certificate of a time-stamping authority is at hand");
  }
  try {
    const text = toUtf8(splitNote(note).text);
    const timeMs = await verifyStamp(decodeBase64(token), text, tsas.map(parsePem), [DIGEST]);
    const time = `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
    checks.yes("timestamp", `it existed before ${time}, if the authority was honest then`);
  } catch (error) {
    checks.no("timestamp", isRefusal(error) ? error.message : reasonOf(error));
  }
}
