const MARK = new TextEncoder().encode("/ByteRange");
/** So many of the newest revisions are looked at. */
const REVISIONS_MAX = 4;
/** Characters behind the mark; four numbers of 64 MiB and their white space are far shorter. */
const RANGE_SIZE_MAX = 4096;
const WHITE = "[\\0\\t\\n\\f\\r ]";
const NUMBERS = Array.from({ length: 4 }, () => "(\\d+)").join(`${WHITE}+`);
const RANGE = new RegExp(`^${WHITE}*\\[${WHITE}*${NUMBERS}${WHITE}*\\]`);

/**
 * The sizes of the last revisions of a file that were signed, the newest first: a signature says
 * how far the file went when it was made (docs/formats.md, section 20).
 */
export function signedSizes(bytes: Uint8Array): number[] {
  const sizes: number[] = [];
  for (let at = lastMark(bytes, bytes.length); at >= 0; at = lastMark(bytes, at)) {
    const start = at + MARK.length;
    const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + RANGE_SIZE_MAX));
    const [first, , next, rest] = RANGE.exec(text)?.slice(1).map(Number) ?? [];
    if (first !== 0 || next === undefined || rest === undefined) continue;
    if (next + rest < bytes.length) sizes.push(next + rest);
    if (sizes.length === REVISIONS_MAX) break;
  }
  return sizes;
}

/** Where the mark begins for the last time before `end`, -1 where it does not. */
function lastMark(bytes: Uint8Array, end: number): number {
  let at = end > 0 ? bytes.lastIndexOf(MARK[0]!, end - 1) : -1;
  while (at >= 0 && !MARK.every((one, offset) => bytes[at + offset] === one))
    at = at > 0 ? bytes.lastIndexOf(MARK[0]!, at - 1) : -1;
  return at;
}
