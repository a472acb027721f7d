/** Merkle proofs of all small trees, made by the naive recursions of RFC 6962 section 2.1. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeBase64 } from "../src/core/encoding.ts";
import { VerificationError } from "../src/core/errors.ts";
import {
  isSubtree,
  leafHash,
  nodeHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
} from "../src/core/merkle.ts";

declare const TEST_FOLDER: string;

const SIZE_MAX = 33;
const LEAVES = Array.from({ length: SIZE_MAX }, (_, at) => leafHash(Uint8Array.of(at)));
const ROOTS = Array.from({ length: SIZE_MAX + 1 }, (_, size) => naiveRoot(LEAVES.slice(0, size)));
const OTHER = leafHash(Uint8Array.of(255));

function sha256(...parts: (Uint8Array | number[])[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(Uint8Array.from(part));
  return Uint8Array.from(hash.digest());
}

function largestPower(size: number): number {
  let k = 1;
  while (2 * k < size) k *= 2;
  return k;
}

function naiveRoot(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length < 2) return leaves[0] ?? sha256();
  const k = largestPower(leaves.length);
  return sha256([1], naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

function naivePath(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = largestPower(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - k, right), naiveRoot(left)];
}

function naiveProof(size: number, leaves: Uint8Array[], whole = true): Uint8Array[] {
  if (size === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  const k = largestPower(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return size <= k
    ? [...naiveProof(size, left, whole), naiveRoot(right)]
    : [...naiveProof(size - k, right, false), naiveRoot(left)];
}

/** SUBTREE_PROOF of the draft, by the recursion of docs/formats.md section 2. */
function naiveSubtree(start: number, end: number, leaves: Uint8Array[], known: boolean): Uint8Array[] {
  if (start === 0 && end === leaves.length) return known ? [] : [naiveRoot(leaves)];
  const k = largestPower(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (end <= k) return [...naiveSubtree(start, end, left, known), naiveRoot(right)];
  if (start >= k) return [...naiveSubtree(start - k, end - k, right, known), naiveRoot(left)];
  return [...naiveSubtree(0, end - k, right, false), naiveRoot(left)];
}

function refuses(check: () => void, what: string): void {
  assert.throws(check, VerificationError, what);
}

/** Changes of a proof that must make it fail: hashes changed, missing, left over. */
function* spoil(proof: Uint8Array[]): Generator<Uint8Array[]> {
  yield [...proof, OTHER];
  yield [OTHER, ...proof];
  for (const at of proof.keys()) {
    yield proof.toSpliced(at, 1);
    yield proof.toSpliced(at, 1, OTHER);
    yield proof.toSpliced(at, 1, proof[at]?.subarray(1) ?? OTHER);
  }
}

test("hashes and roots are those of RFC 6962", () => {
  assert.deepEqual(leafHash(Uint8Array.of(7)), sha256([0, 7]));
  assert.deepEqual(nodeHash(OTHER, ROOTS[3] ?? OTHER), sha256([1], OTHER, ROOTS[3] ?? OTHER));
  for (const [size, root] of ROOTS.entries()) assert.deepEqual(treeRoot(LEAVES.slice(0, size)), root);
});

test("every leaf of every small tree is in it, at its index and under its root only", () => {
  for (let size = 1; size <= SIZE_MAX; size++) {
    const root = ROOTS[size] ?? OTHER;
    for (let at = 0; at < size; at++) {
      const leaf = LEAVES[at] ?? OTHER;
      const path = naivePath(at, LEAVES.slice(0, size));
      verifyInclusion(leaf, BigInt(at), BigInt(size), path, root);
      for (const other of [at - 1, at + 1, at ^ 1, size]) {
        if (other === at) continue;
        refuses(() => verifyInclusion(leaf, BigInt(other), BigInt(size), path, root), `${at}/${size}`);
      }
      refuses(() => verifyInclusion(OTHER, BigInt(at), BigInt(size), path, root), "leaf");
      refuses(() => verifyInclusion(leaf, BigInt(at), BigInt(size), path, OTHER), "root");
      for (const wrong of spoil(path)) {
        refuses(() => verifyInclusion(leaf, BigInt(at), BigInt(size), wrong, root), "path");
      }
    }
  }
});

test("every small tree continues every smaller one, and no other", () => {
  for (let size = 1; size <= SIZE_MAX; size++) {
    for (let old = 1; old <= size; old++) {
      const [oldRoot, root] = [ROOTS[old] ?? OTHER, ROOTS[size] ?? OTHER];
      const proof = naiveProof(old, LEAVES.slice(0, size));
      const check = (a: number, b: number, hashes = proof, first = oldRoot, second = root) =>
        verifyConsistency(BigInt(a), BigInt(b), hashes, first, second);
      check(old, size);
      refuses(() => check(old, size, proof, OTHER, root), "old root");
      refuses(() => check(old, size, proof, oldRoot, OTHER), "new root");
      refuses(() => check(0, size), "from nothing");
      refuses(() => check(size + 1, size), "larger than the new one");
      if (old !== size) refuses(() => check(old, size, proof, root, oldRoot), "swapped");
      for (const wrong of spoil(proof)) refuses(() => check(old, size, wrong), `${old} ${size}`);
    }
  }
});

test("every subtree of every small tree is one of it", () => {
  let count = 0;
  for (let size = 1; size <= SIZE_MAX; size++) {
    const leaves = LEAVES.slice(0, size);
    for (let start = 0; start < size; start++) {
      for (let end = start + 1; end <= size; end++) {
        if (!isSubtree(BigInt(start), BigInt(end))) continue;
        const proof = naiveSubtree(start, end, leaves, true);
        const [sub, root] = [naiveRoot(leaves.slice(start, end)), naiveRoot(leaves)];
        const range = [BigInt(start), BigInt(end), BigInt(size)] as const;
        verifySubtreeConsistency(...range, proof, sub, root);
        for (const wrong of spoil(proof)) {
          refuses(() => verifySubtreeConsistency(...range, wrong, sub, root), "proof");
        }
        count++;
      }
    }
  }
  assert.ok(count > 1000);
});

test("sizes at the limit take 64 steps, and larger ones are refused", () => {
  const size = (1n << 64n) - 1n;
  refuses(() => verifyInclusion(OTHER, size - 1n, size, new Array(64).fill(OTHER), OTHER), "root");
  refuses(() => verifyInclusion(OTHER, size, size + 1n, [], OTHER), "too large");
  refuses(() => verifyInclusion(OTHER, 0n, 0n, [], OTHER), "empty");
  refuses(() => verifyInclusion(OTHER, -1n, 4n, [OTHER, OTHER], OTHER), "negative");
  refuses(() => verifyConsistency(size, size + 1n, [OTHER], OTHER, OTHER), "too large");
  assert.ok(!isSubtree(2n, 5n) && isSubtree(4n, 7n) && !isSubtree(4n, 4n));
});

/** The vectors of transparency-dev/merkle, which are not part of this repository. */
const VECTORS =
  process.env["MERKLE_VECTORS"] ?? join(TEST_FOLDER, "../../../shared/vectors/transparency-dev-merkle");
const skip = existsSync(VECTORS) ? false : `the vectors of transparency-dev/merkle are not in ${VECTORS}`;

interface Vector {
  leafIdx: number;
  treeSize: number;
  leafHash: string;
  root: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
}

function* vectors(kind: string): Generator<[string, Vector]> {
  const names = readdirSync(join(VECTORS, kind), { recursive: true }).map(String).sort();
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    // Numbers of 64 bits are kept as such: JavaScript's own would round them.
    const text = readFileSync(join(VECTORS, kind, name), "utf8");
    yield [name, JSON.parse(text.replace(/: (\d{16,})/g, ': "$1"')) as Vector];
  }
}

const decode = (text: string | null): Uint8Array => decodeBase64(text ?? "");

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    assert.ok(error instanceof VerificationError, String(error));
    return false;
  }
}

test("the vectors of another project are judged as it judges them", { skip }, () => {
  let count = 0;
  for (const [name, one] of vectors("inclusion")) {
    const path = (one.proof ?? []).map(decode);
    const range = [BigInt(one.leafIdx), BigInt(one.treeSize)] as const;
    const told = holds(() => verifyInclusion(decode(one.leafHash), ...range, path, decode(one.root)));
    assert.equal(told, !one.wantErr, name);
    count++;
  }
  for (const [name, one] of vectors("consistency")) {
    const sizes = [BigInt(one.size1), BigInt(one.size2)] as const;
    const roots = [decode(one.root1), decode(one.root2)] as const;
    const told = holds(() => verifyConsistency(...sizes, (one.proof ?? []).map(decode), ...roots));
    assert.equal(told, !one.wantErr, name);
    count++;
  }
  assert.equal(count, 196);
});
