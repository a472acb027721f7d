import { Unzlib } from "fflate";
import { refuse } from "../errors.ts";

/** A little input at a time: what one piece can grow to stays below 17 MB. */
const PIECE_SIZE = 16 * 1024;

/** Inflate zlib data (RFC 1950) to at most `sizeMax` bytes; more is refused before it is made. */
export function inflate(data: Uint8Array, sizeMax: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new Unzlib((piece) => {
    size += piece.length;
    if (size > sizeMax) refuse(`it inflates to more than ${sizeMax} bytes`);
    pieces.push(piece);
  });
  for (let at = 0; at < data.length || at === 0; at += PIECE_SIZE) {
    stream.push(data.subarray(at, at + PIECE_SIZE), at + PIECE_SIZE >= data.length);
  }
  return join(pieces, size);
}

export function join(pieces: readonly Uint8Array[], size = pieces.reduce((sum, one) => sum + one.length, 0)): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
