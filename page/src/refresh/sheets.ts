import { leafHash, nodeHash } from "../core/merkle.ts";
import { decodeBase64url } from "../core/encoding.ts";
import { refuse } from "../errors.ts";

const LENGTH_SIZE = 4;

export interface SheetProof {
  leaf: number;
  sheet: string;
  path: Uint8Array[];
}

/** The codes that the records of a bundle disclose; what cannot be read discloses none. */
export function disclosedCodes(records: readonly (readonly string[])[]): Set<string> {
  return new Set(records.flatMap((record) => record.flatMap(codeIn)));
}

function codeIn(disclosure: string): string[] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(decodeBase64url(disclosure));
    const [, name, value] = JSON.parse(text) as unknown[];
    return name === "code" && typeof value === "string" ? [value] : [];
  } catch {
    return []; // the digest of a slot, or nothing that the verifier takes
  }
}

/** The sheets of some codes in a file of the register, each with its path to the root. */
export function proveSheets(file: Uint8Array, codes: ReadonlySet<string>): SheetProof[] {
  const sheets = splitSheets(file);
  const texts = sheets.map((sheet) => new TextDecoder("utf-8", { fatal: true }).decode(sheet));
  const wanted = [...texts.keys()].filter((at) => {
    const code = /^\{"code":"([A-Z]+[0-9]+)"/.exec(texts[at]!)?.[1];
    return code !== undefined && codes.has(code);
  });
  if (wanted.length === 0) return [];
  const leaves = sheets.map(leafHash);
  return wanted.map((leaf) => ({ leaf, sheet: texts[leaf]!, path: pathOf(leaves, leaf) }));
}

function splitSheets(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const sheets: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const size = at + LENGTH_SIZE <= file.length ? view.getUint32(at) : file.length;
    at += LENGTH_SIZE;
    if (at + size > file.length) refuse("its register cannot be read");
    sheets.push(file.subarray(at, at + size));
    at += size;
  }
  return sheets;
}

/**
 * RFC 6962, section 2.1.1: the siblings from the leaf to the root. Level by level, where a last
 * node without a sibling goes up as it is, which gives the same tree.
 */
function pathOf(leaves: readonly Uint8Array[], leaf: number): Uint8Array[] {
  const path: Uint8Array[] = [];
  let [level, at] = [leaves, leaf];
  while (level.length > 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push(sibling);
    const above: Uint8Array[] = [];
    for (let left = 0; left < level.length; left += 2) {
      const right = level[left + 1];
      above.push(right === undefined ? level[left]! : nodeHash(level[left]!, right));
    }
    [level, at] = [above, at >> 1];
  }
  return path;
}
