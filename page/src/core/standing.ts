/**
 * Whether certifications were superseded, withdrawn or erased, and as of when.
 *
 * Status comes from the status tree that the newest checkpoint ends with, never from silence: a
 * certification whose leaf is not shown is `unknown`. Leaf k of the tree is 64 bytes for the
 * entries 128k to 128k + 127, four bits each, two entries a byte, the lower index in the low
 * bits. Source: docs/formats.md section 10.
 */

import type { Bundle, StatusLeaf } from "./bundle.ts";
import { littleEndian } from "./bytes.ts";
import type { Checks } from "./checks.ts";
import { decodeFixed, decodeHashes } from "./encoding.ts";
import type { Entry, StatusEntry } from "./entry.ts";
import { FormatError, VerificationError } from "./errors.ts";
import type { Item, Items } from "./entries.ts";
import type { Trees } from "./log.ts";
import { HASH_SIZE, leafHash, verifyInclusion } from "./merkle.ts";
import type { StatusWord } from "./types.ts";

const SUPERSEDED = 1;
const WITHDRAWN = 2;
const ERASED = 4;
const LEAF_ENTRIES = 128;
const LEAF_SIZE = 64;
/** The reserved bit of both entries of a byte. */
const RESERVED = 0x88;
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

/** How a certification stands, and the `status` entry that says so. */
export interface Standing {
  word: StatusWord;
  status: StatusEntry | null;
  /** The entry shown that did what the word says. */
  changedBy: number | null;
}

interface Bits {
  bits: number;
  status: StatusEntry | null;
}

/** Checks the status leaves of each tree, the newest last; gives each certification's. */
export function checkStatus(
  bundle: Bundle,
  items: Items,
  trees: Trees,
  checks: Checks,
): Map<number, Standing> {
  const changes = readChanges(items);
  const indexes = [...items].filter(([, { entry }]) => entry.type === "certification");
  const found = new Map<number, Bits>(); // What is found in a later tree takes its place.
  const read = (size: bigint, leaves: StatusLeaf[]) => {
    const last = size > 0n ? items.get(Number(size - 1n)) : undefined;
    const status = findStatus(last, leaves);
    if (status === null) return;
    const shown = new Map(leaves.map((leaf) => [leaf.leaf, readLeaf(leaf, status)]));
    for (const [index] of indexes) {
      const leaf = shown.get(Math.floor(index / LEAF_ENTRIES));
      // The leaf may well be there for an entry that is newer than the status.
      if (leaf === undefined || index >= status.size) continue;
      const known = knownBits(index, status, found.get(index), changes);
      found.set(index, { bits: readBits(leaf, index, known), status });
    }
  };
  checks.attempt("status", null, () => read(trees.first.checkpoint.size, bundle.status));
  if (bundle.later !== null && trees.later !== null) {
    const [{ size }, { status }] = [trees.later.checkpoint, bundle.later];
    checks.attempt("status", null, () => read(size, status));
  }
  const unknown = indexes.map(([index]) => index).filter((index) => !found.has(index));
  if (unknown.length > 0) checks.skip("status", `not shown for entries ${unknown.join(", ")}`);
  else checks.yes("status", "shown for every certification");
  return new Map(
    indexes.map(([index]) => [index, stand(found.get(index) ?? null, changes.get(index) ?? [])]),
  );
}

/** Gives what the entries shown did to each earlier one. */
function readChanges(items: Items): Map<number, Change[]> {
  const changes = new Map<number, Change[]>();
  for (const [by, { entry }] of items) {
    for (const [target, bit] of changesOf(entry)) {
      changes.set(target, [...(changes.get(target) ?? []), { by, bit }]);
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

/** Gives the `status` entry that a checkpoint with leaves shown must end with. */
function findStatus(last: Item | undefined, leaves: readonly StatusLeaf[]): StatusEntry | null {
  if (leaves.length === 0) return null;
  if (last?.entry.type !== "status") {
    throw new VerificationError("the checkpoint's last entry is not shown, or is no status");
  }
  return last.entry;
}

function readLeaf(leaf: StatusLeaf, status: StatusEntry): Uint8Array {
  const bits = decodeFixed(leaf.bits, LEAF_SIZE);
  const root = decodeFixed(status.root, HASH_SIZE);
  const count = BigInt(Math.ceil(status.size / LEAF_ENTRIES));
  verifyInclusion(leafHash(bits), BigInt(leaf.leaf), count, decodeHashes(leaf.path), root);
  if (bits.some((byte) => byte & RESERVED)) {
    throw new FormatError("malformed status leaf: reserved bit set");
  }
  const entries = status.size - leaf.leaf * LEAF_ENTRIES;
  if (entries < LEAF_ENTRIES && littleEndian(bits) >> BigInt(4 * entries)) {
    throw new FormatError("malformed status leaf: bits beyond the log's end");
  }
  return bits;
}

/** Gives the bits that must be set: those of the tree before, and of each change shown. */
function knownBits(
  index: number,
  status: StatusEntry,
  before: Bits | undefined,
  changes: ReadonlyMap<number, readonly Change[]>,
): number {
  const made = (changes.get(index) ?? []).filter(({ by }) => by < status.size);
  return made.reduce((bits, change) => bits | change.bit, before?.bits ?? 0);
}

function readBits(leaf: Uint8Array, index: number, known: number): number {
  const at = index % LEAF_ENTRIES;
  const bits = ((leaf[at >> 1] ?? 0) >> (4 * (at & 1))) & 0xf;
  if (known & ~bits) {
    throw new VerificationError(`the status of entry ${index} denies what was done to it`);
  }
  return bits;
}

function stand(found: Bits | null, changes: readonly Change[]): Standing {
  const bits = found?.bits ?? changes.reduce((all, { bit }) => all | bit, 0);
  const [bit, word] = WORDS.find(([one]) => bits & one) ?? [0, found ? "in force" : "unknown"];
  const change = changes.find((one) => one.bit === bit);
  return { word: word as StatusWord, status: found?.status ?? null, changedBy: change?.by ?? null };
}
