/**
 * Checkpoints (C2SP tlog-checkpoint), and what is signed about one besides its text.
 *
 * ```text
 * log.example/2026
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 * ```
 *
 * Origin, size, root in base64; lines that follow are extensions of other logs.
 * Source: docs/formats.md section 7, C2SP tlog-cosignature.
 */

import { join, toUtf8, u64 } from "./bytes.ts";
import { decodeFixed, decodeText, parseDecimal } from "./encoding.ts";
import { FormatError } from "./errors.ts";
import { HASH_SIZE } from "./merkle.ts";

const TIME_MAX = (1n << 63n) - 1n;

export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Uint8Array;
  extensions: string[];
}

/** Parses a checkpoint's text; throws `FormatError` for any other spelling. */
export function parseCheckpoint(text: string): Checkpoint {
  const decoded = decodeText(text, "checkpoint");
  const lines = decoded.split("\n");
  const [origin = "", size = "", root = "", ...rest] = lines;
  // Each line ends in a newline, so the last of the pieces is empty, and no other one is.
  if (lines.length < 4 || lines.indexOf("") !== lines.length - 1) {
    throw new FormatError("malformed checkpoint");
  }
  try {
    const extensions = rest.slice(0, -1);
    return { origin, size: parseDecimal(size), root: decodeFixed(root, HASH_SIZE), extensions };
  } catch {
    throw new FormatError("malformed checkpoint");
  }
}

/** Returns what a cosignature of type 0x04 signs; throws `FormatError`. */
export function cosignatureMessage(text: string, timeS: bigint): Uint8Array {
  parseCheckpoint(text);
  checkTime(timeS);
  return join(`cosignature/v1\ntime ${timeS}\n`, text);
}

/** Returns what a signature of type 0x06 signs of a checkpoint; throws `FormatError`. */
export function subtreeMessage(text: string, cosigner: string, timeS: bigint): Uint8Array {
  const { origin, size, root } = parseCheckpoint(text);
  checkTime(timeS);
  const range = [u64(0), u64(size)];
  return join("subtree/v1\n\0", prefixed(cosigner), u64(timeS), prefixed(origin), ...range, root);
}

function checkTime(timeS: bigint): void {
  if (timeS > TIME_MAX) throw new FormatError(`a time of ${timeS} seconds`);
}

function prefixed(name: string): Uint8Array {
  const data = toUtf8(name);
  if (data.length < 1 || data.length > 255) {
    throw new FormatError(`a name of ${data.length} bytes, expected 1 to 255`);
  }
  return join(Uint8Array.of(data.length), data);
}
