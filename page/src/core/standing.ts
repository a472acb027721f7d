/**
 * Whether certifications were superseded, withdrawn or erased, and as of when.
 *
 * Status comes from the status tree that the newest checkpoint ends with, and from the entries
 * shown that changed something; never from silence: without its leaf and without a change the
 * status of a certification is `unknown`. Leaf k of the tree is 64 bytes for the entries 128k to
 * 128k + 127, four bits each, two entries a byte, the lower index in the low bits. Source:
 * docs/formats.md section 10.
 */

import type { Bundle, StatusLeaf } from "./bundle.ts";
import { littleEndian } from "./bytes.ts";
import type { Checks } from "./checks.ts";
import { decodeFixed, decodeHashes } from "./encoding.ts";
import type { Items } from "./entries.ts";
import type { Entry, StatusEntry } from "./entry.ts";
import { FormatError, VerificationError } from "./errors.ts";
import type { Trees } from "./log.ts";
import { HASH_SIZE, leafHash, verifyInclusion } from "./merkle.ts";
import type { VerifiedCheckpoint } from "./policy.ts";
import type { StatusWord } from "./types.ts";

export const SUPERSEDED = 1;
export const WITHDRAWN = 2;
export const ERASED = 4;
const CHANGES = SUPERSEDED | WITHDRAWN | ERASED;
const RESERVED = 8;
const LEAF_ENTRIES = 128;
const LEAF_SIZE = 64;
/** The word for each bit; where several are set, the first one is said. */
const WORDS: readonly [bit: number, word: StatusWord][] = [
  [WITHDRAWN, "withdrawn"],
  [SUPERSEDED, "superseded"],
  [ERASED, "erased"],
];

/** What an entry shown did to an earlier one. */
interface Change {
  by: number;
  bit: number;
}

/** How a certification stands. */
export interface Standing {
  /** `SUPERSEDED`, `WITHDRAWN` and `ERASED`, joined. */
  bits: number;
  word: StatusWord;
  /** The `status` entry over the newest tree that shows its leaf, null without a leaf. */
  status: StatusEntry | null;
  /** What is shown does not settle it: there is no leaf, or one with the reserved bit. */
  isOpen: boolean;
  /** The entry shown that did what the word says. */
  changedBy: number | null;
}

interface Leaf {
  /** All four bits of a certification. */
  bits: number;
  status: StatusEntry;
}

/** Returns the `status` entry that a tree ends with, where it is shown. */
export function statusAt({ checkpoint }: VerifiedCheckpoint, items: Items): StatusEntry | null {
  const last = checkpoint.size > 0n ? items.get(Number(checkpoint.size - 1n))?.entry : undefined;
  return last?.type === "status" ? last : null;
}

/** Checks the status leaves of each tree, the newest last; returns each certification's. */
export function checkStatus(
  bundle: Bundle,
  items: Items,
  trees: Trees,
  checks: Checks,
): Map<number, Standing> {
  const changes = readChanges(items);
  const indexes = [...items].filter(([, { entry }]) => entry.type === "certification");
  const found = new Map<number, Leaf>(); // What is found in a later tree takes its place.
  const read = (tree: VerifiedCheckpoint, leaves: StatusLeaf[]) => {
    if (leaves.length === 0) return;
    const status = statusAt(tree, items);
    if (status === null) {
      throw new VerificationError("the checkpoint's last entry is not shown, or is no status");
    }
    const shown = new Map(leaves.map((leaf) => [leaf.leaf, readLeaf(leaf, status)]));
    for (const [index] of indexes) {
      const leaf = shown.get(Math.floor(index / LEAF_ENTRIES));
      // The leaf may well be there for an entry that is newer than the status.
      if (leaf === undefined || index >= status.size) continue;
      const known = knownBits(index, status, found.get(index), changes);
      found.set(index, { bits: readBits(leaf, index, known), status });
    }
  };
  checks.attempt("status", null, () => read(trees.first, bundle.status));
  if (bundle.later !== null && trees.later !== null) {
    const [tree, { status }] = [trees.later, bundle.later];
    checks.attempt("status", null, () => read(tree, status));
  }
  const unknown = indexes.map(([index]) => index).filter((index) => !found.has(index));
  if (unknown.length > 0) checks.skip("status", `not shown for entries ${unknown.join(", ")}`);
  else checks.yes("status", "shown for every certification");
  return new Map(
    indexes.map(([index]) => [index, stand(found.get(index) ?? null, changes.get(index) ?? [])]),
  );
}

/** Returns what the entries shown did to each earlier one. */
function readChanges(items: Items): Map<number, Change[]> {
  const changes = new Map<number, Change[]>();
  for (const [by, { entry }] of items) {
    for (const [target, bit] of changesOf(entry)) {
      const known = changes.get(target) ?? [];
      known.push({ by, bit });
      changes.set(target, known);
    }
  }
  return changes;
}

function changesOf(entry: Entry): [target: number, bit: number][] {
  switch (entry.type) {
    case "certification":
      return entry.supersedes === null ? [] : [[entry.supersedes, SUPERSEDED]];
    case "withdrawal":
      return [[entry.withdraws, WITHDRAWN]];
    case "erasure":
      return entry.erases.map((target) => [target, ERASED]);
    default:
      return [];
  }
}

/** Reads a leaf. Reserved bits are for later formats, and are looked at where they matter. */
function readLeaf(leaf: StatusLeaf, status: StatusEntry): Uint8Array {
  const bits = decodeFixed(leaf.bits, LEAF_SIZE);
  const root = decodeFixed(status.root, HASH_SIZE);
  const count = BigInt(Math.ceil(status.size / LEAF_ENTRIES));
  verifyInclusion(leafHash(bits), BigInt(leaf.leaf), count, decodeHashes(leaf.path), root);
  const entries = status.size - leaf.leaf * LEAF_ENTRIES;
  if (entries < LEAF_ENTRIES && littleEndian(bits) >> BigInt(4 * entries)) {
    throw new FormatError("malformed status leaf: bits beyond the log's end");
  }
  return bits;
}

/** Returns the bits that must be set: those of the tree before, and of each change shown. */
function knownBits(
  index: number,
  status: StatusEntry,
  before: Leaf | undefined,
  changes: ReadonlyMap<number, readonly Change[]>,
): number {
  const made = (changes.get(index) ?? []).filter(({ by }) => by < status.size);
  return made.reduce((bits, change) => bits | change.bit, (before?.bits ?? 0) & CHANGES);
}

function readBits(leaf: Uint8Array, index: number, known: number): number {
  const at = index % LEAF_ENTRIES;
  const bits = ((leaf[at >> 1] ?? 0) >> (4 * (at & 1))) & 0xf;
  if (known & ~bits) {
    throw new VerificationError(`the status of entry ${index} denies what was done to it`);
  }
  return bits;
}

/** Joins what the leaf says and what is shown to have been done, whenever it was. */
function stand(leaf: Leaf | null, changes: readonly Change[]): Standing {
  const made = changes.reduce((all, { bit }) => all | bit, 0);
  const bits = ((leaf?.bits ?? 0) & CHANGES) | made;
  const isOpen = leaf === null || (leaf.bits & RESERVED) !== 0;
  const otherwise: [number, StatusWord] = [0, isOpen ? "unknown" : "in force"];
  const [bit, word] = WORDS.find(([one]) => bits & one) ?? otherwise;
  const changedBy = changes.find((one) => one.bit === bit)?.by ?? null;
  return { bits, word, status: leaf?.status ?? null, isOpen, changedBy };
}
