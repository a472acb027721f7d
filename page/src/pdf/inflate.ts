import { Unzlib } from "fflate";
import { refuse } from "../errors.ts";

/** A little input at a time: what one piece can grow to stays below 17 MB. */
const PIECE_SIZE = 16 * 1024;
const ADLER_BASE = 65_521;

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

/** Inflate zlib data that is whole and alone, and check its sum (RFC 1950, section 2.2). */
export function inflateWhole(data: Uint8Array, sizeMax: number): Uint8Array {
  const found = inflate(data, sizeMax);
  let [low, high] = [1, 0];
  for (const byte of found) {
    low = (low + byte) % ADLER_BASE;
    high = (high + low) % ADLER_BASE;
  }
  const sum = data.subarray(-4).reduce((all, byte) => all * 256 + byte, 0);
  return sum === high * 65_536 + low ? found : refuse("its checksum is wrong");
}

export function join(
  pieces: readonly Uint8Array[],
  size = pieces.reduce((sum, one) => sum + one.length, 0),
): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
