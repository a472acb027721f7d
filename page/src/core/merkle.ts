/**
 * Merkle trees (RFC 6962), and the proofs that something stands in them.
 *
 * ```text
 * leaf hash   SHA-256(0x00 || entry)
 * node hash   SHA-256(0x01 || left || right)
 * empty tree  SHA-256("")
 * ```
 *
 * Functions that verify give nothing back, or throw. Sizes are unsigned numbers of 64 bits.
 * Sources: docs/formats.md section 2, RFC 9162 sections 2.1.3 and 2.1.4.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { areEqual, join, toHex } from "./bytes.ts";
import { VerificationError } from "./errors.ts";

export const HASH_SIZE = 32;
const SIZE_MAX = (1n << 64n) - 1n;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(join(LEAF, entry));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(join(NODE, left, right));
}

/** Returns the root over leaf hashes; recursive, as RFC 6962 section 2.1 defines it. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return first;
  const k = Number(split(BigInt(leaves.length)));
  return nodeHash(treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)));
}

/** Returns whether [start, end) is a subtree of any tree that is large enough. */
export function isSubtree(start: bigint, end: bigint): boolean {
  if (start < 0n || start >= end || end > SIZE_MAX) return false;
  let width = 1n;
  while (width < end - start) width <<= 1n;
  return start % width === 0n;
}

/** Returns the largest power of two smaller than `size`, which is above 1. */
export function split(size: bigint): bigint {
  let k = 1n;
  while (k << 1n < size) k <<= 1n;
  return k;
}

/**
 * Checks that the leaf at `index` is in the tree of `size` leaves under `root`.
 *
 * The path is read from its end, that is from the root down: at each split it tells on which
 * side the leaf is, and what the other side's hash is. Throws `VerificationError`.
 */
export function verifyInclusion(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  path: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (!isSubtree(0n, size) || index < 0n || index >= size) {
    throw new VerificationError(`index ${index} is not in a subtree [0, ${size})`);
  }
  checkHashes([leaf, root, ...path]);
  const rest = [...path];
  const node = climb(leaf, index, size, rest);
  if (rest.length > 0) {
    throw new VerificationError(`left-over hashes in a path of ${path.length}`);
  }
  if (!areEqual(node, root)) {
    throw new VerificationError(`root: expected ${toHex(root)}, computed ${toHex(node)}`);
  }
}

function climb(leaf: Uint8Array, index: bigint, size: bigint, path: Uint8Array[]): Uint8Array {
  if (size === 1n) return leaf;
  const k = split(size);
  const sibling = take(path);
  return index < k
    ? nodeHash(climb(leaf, index, k, path), sibling)
    : nodeHash(sibling, climb(leaf, index - k, size - k, path));
}

/**
 * Checks that the tree of `newSize` leaves begins with the one of `oldSize`.
 *
 * Equal sizes take an empty proof and equal roots; an old size of 0 is refused. Throws
 * `VerificationError`.
 */
export function verifyConsistency(
  oldSize: bigint,
  newSize: bigint,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): void {
  // Nothing is hashed where trees are equal, so the roots are compared as they are.
  const isSame = oldSize > 0n && oldSize === newSize && proof.length === 0;
  if (isSame && areEqual(oldRoot, newRoot)) return;
  verifySubtreeConsistency(0n, oldSize, newSize, proof, oldRoot, newRoot);
}

/** Checks that [start, end) is a subtree of the tree of `size`; throws `VerificationError`. */
export function verifySubtreeConsistency(
  start: bigint,
  end: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
  subtreeRoot: Uint8Array,
  root: Uint8Array,
): void {
  if (!isSubtree(start, end) || end > size || size > SIZE_MAX) {
    throw new VerificationError(`[${start}, ${end}) is no subtree of a tree of ${size}`);
  }
  checkHashes([subtreeRoot, root, ...proof]);
  const rest = [...proof];
  const [old, full] = rebuild(start, end, size, subtreeRoot, rest);
  if (rest.length > 0) {
    throw new VerificationError(`left-over hashes in a proof of ${proof.length}`);
  }
  if (!areEqual(old, subtreeRoot)) {
    throw new VerificationError(`old root: expected ${toHex(subtreeRoot)}, computed ${toHex(old)}`);
  }
  if (!areEqual(full, root)) {
    throw new VerificationError(`new root: expected ${toHex(root)}, computed ${toHex(full)}`);
  }
}

/**
 * Recomputes the roots of the subtree and of the whole, as the recursion of docs/formats.md
 * section 2 has it; `known` is the subtree's root as long as no part of it was split off. The
 * hash that joins at a split stands behind those of the parts, so it is taken from the end.
 */
function rebuild(
  start: bigint,
  end: bigint,
  size: bigint,
  known: Uint8Array | null,
  proof: Uint8Array[],
): [Uint8Array, Uint8Array] {
  if (start === 0n && end === size) {
    const node = known ?? take(proof);
    return [node, node];
  }
  const k = split(size);
  const joined = take(proof);
  if (end <= k) {
    const [old, left] = rebuild(start, end, k, known, proof);
    return [old, nodeHash(left, joined)];
  }
  if (start >= k) {
    const [old, right] = rebuild(start - k, end - k, size - k, known, proof);
    return [old, nodeHash(joined, right)];
  }
  const [old, right] = rebuild(0n, end - k, size - k, null, proof);
  return [nodeHash(joined, old), nodeHash(joined, right)];
}

function take(hashes: Uint8Array[]): Uint8Array {
  const hash = hashes.pop();
  if (hash === undefined) throw new VerificationError("missing hashes in a proof");
  return hash;
}

function checkHashes(hashes: readonly Uint8Array[]): void {
  const wrong = hashes.find((hash) => hash.length !== HASH_SIZE);
  if (wrong !== undefined) {
    throw new VerificationError(`a hash of ${wrong.length} bytes, expected ${HASH_SIZE}`);
  }
}
