/** Whether the entries stand in the log, in order, signed by a key that it declares. */

import type { Bundle, ProvenEntry } from "./bundle.ts";
import { areEqual, toHex, toUtf8 } from "./bytes.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Checks } from "./checks.ts";
import { decodeBase64, decodeFixed, decodeHashes, encodeBase64 } from "./encoding.ts";
import { type Entry, entryMessage, parseEntry } from "./entry.ts";
import { FormatError, VerificationError } from "./errors.ts";
import type { Trees } from "./log.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { parseVerifierKey } from "./note.ts";
import { ED25519_SIGNATURE_SIZE, verifyByOne } from "./signatures.ts";

/** An entry of a bundle, its leaf hash, and the tree in which it is shown. */
export interface Item {
  shown: ProvenEntry;
  entry: Entry;
  leaf: Uint8Array;
  tree: Checkpoint;
}

/** All entries shown by index, ascending. */
export type Items = ReadonlyMap<number, Item>;

/** An entry key, the index that declares it, and the one that retires it. */
interface EntryKey {
  added: number;
  retired: number;
  publicKey: Uint8Array;
}

/** Checks form, order and inclusion of all entries. */
export function checkEntries(bundle: Bundle, trees: Trees, checks: Checks): Items {
  const items = readEntries(bundle.entries, trees.first.checkpoint, checks);
  if (bundle.later !== null && trees.later !== null) {
    items.push(...readEntries(bundle.later.entries, trees.later.checkpoint, checks));
    items.sort((one, other) => one.entry.index - other.entry.index);
  }
  checks.yes("entry", `${items.length} entries, each of the form of its type`);
  for (const [at, item] of items.entries()) {
    const before = items[at - 1];
    if (before) checks.attempt("order", item.entry.index, () => checkFollows(before, item));
  }
  checks.yes("order", "they are in the order of the log");
  for (const item of items) {
    checks.attempt("inclusion", item.entry.index, () => checkIncluded(item));
  }
  checks.yes("inclusion", "each stands in the checkpoint's tree at its place");
  return new Map(items.map((item) => [item.entry.index, item]));
}

function readEntries(shown: readonly ProvenEntry[], tree: Checkpoint, checks: Checks): Item[] {
  const items: Item[] = [];
  let last = -1;
  for (const [at, one] of shown.entries()) {
    const item = readEntry(one, tree, at + 1, checks);
    if (item === null) continue;
    const { index } = item.entry;
    if (index <= last) checks.no("order", `it stands behind entry ${last}`, index);
    last = index;
    items.push(item);
  }
  return items;
}

function readEntry(
  shown: ProvenEntry,
  tree: Checkpoint,
  number: number,
  checks: Checks,
): Item | null {
  const data = toUtf8(shown.entry);
  try {
    return { shown, entry: parseEntry(data), leaf: leafHash(data), tree };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    checks.no("entry", `number ${number} of its list: ${error.message}`);
    return null;
  }
}

function checkFollows(before: Item, item: Item): void {
  const [first, second] = [before.entry, item.entry];
  if (first.index === second.index) throw new VerificationError("it is shown twice");
  // Times have one form, so they sort as strings.
  if (first.time > second.time) {
    throw new VerificationError(`its time ${second.time} is before that of entry ${first.index}`);
  }
  if (first.index + 1 === second.index && second.prev !== encodeBase64(before.leaf)) {
    throw new VerificationError(`it is not chained to entry ${first.index}`);
  }
}

function checkIncluded({ shown, entry, leaf, tree }: Item): void {
  verifyInclusion(leaf, BigInt(entry.index), tree.size, decodeHashes(shown.path), tree.root);
}

/** Checks how the log begins. The second entry, chained to the first, is as good. */
export function checkGenesis(
  items: Items,
  pinned: Uint8Array | null,
  origin: string,
  checks: Checks,
): void {
  const [first, second] = [items.get(0), items.get(1)];
  if (first?.entry.type === "genesis" && first.entry.origin !== origin) {
    checks.no("genesis", `the log's first entry names ${first.entry.origin}`, 0);
  }
  const leaf = first?.leaf ?? (second ? decodeBase64(second.entry.prev) : null);
  if (pinned === null) checks.skip("genesis", "no first entry is pinned");
  else if (leaf === null) {
    checks.no("genesis", "neither the first entry nor the one chained to it is shown");
  } else if (!areEqual(leaf, pinned)) {
    checks.no("genesis", `expected leaf hash ${toHex(pinned)}, got ${toHex(leaf)}`);
  } else checks.yes("genesis", "the log begins with the pinned entry");
}

/** Checks that every entry is signed by an entry key that an entry shown declares. */
export function checkSignatures(items: Items, origin: string, checks: Checks): void {
  const keys = readEntryKeys(items, origin, checks);
  for (const [index, item] of items) {
    // Entries 0 and 1 are signed by the key that entry 1 adds, others by an earlier one.
    const usable = keys
      .filter(({ added, retired }) => added < Math.max(index, 2) && index < retired)
      .map(({ publicKey }) => publicKey);
    if (usable.length === 0) {
      checks.no("entry-key", "no entry shown declares the key that signed it", index);
      continue;
    }
    checks.attempt("entry-signature", index, () => {
      const signature = decodeFixed(item.shown.signature, ED25519_SIGNATURE_SIZE);
      verifyByOne(usable, signature, entryMessage(origin, item.leaf));
    });
  }
  checks.yes("entry-key", "the log declares the entry key");
  checks.yes("entry-signature", `${items.size} entries are signed by the entry key`);
}

/** Returns the entry keys that the entries shown declare, the newest first. */
function readEntryKeys(items: Items, origin: string, checks: Checks): EntryKey[] {
  const keys: EntryKey[] = [];
  const retired = new Map<string, number>();
  for (const { entry } of items.values()) {
    if (entry.type === "key" && entry.action === "retire") retired.set(entry.vkey, entry.index);
  }
  for (const { entry } of items.values()) {
    if (entry.type !== "key" || entry.role !== "entry" || entry.action !== "add") continue;
    const { name, publicKey } = parseVerifierKey(entry.vkey);
    if (name !== `${origin}/entry`) {
      checks.no("entry-key", `the key's name is ${name}`, entry.index);
    }
    const until = retired.get(entry.vkey) ?? Number.POSITIVE_INFINITY;
    keys.unshift({ added: entry.index, retired: until, publicKey });
  }
  return keys;
}
