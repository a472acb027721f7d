/**
 * Trust policies (C2SP tlog-policy): which logs are believed, and how many witnesses are asked.
 *
 * ```text
 * log <vkey> [url]
 * witness <name> <vkey> [url]
 * group <name> all|any|<k> <member>…
 * quorum <name>|none
 * ```
 *
 * The verifier gets this text by another way than the proofs. Source: docs/formats.md section 9.
 */

import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { decodeText, parseDecimal } from "./encoding.ts";
import { FormatError, SignatureError } from "./errors.ts";
import {
  COSIGNATURE,
  ECDSA,
  ED25519,
  formatVerifierKey,
  MLDSA44,
  openNote,
  parseVerifierKey,
  splitNote,
  type VerifiedSignature,
  type VerifierKey,
} from "./note.ts";

const NO_QUORUM = "none";
const KIND_NAMES = new Map([
  [ED25519, "Ed25519"],
  [ECDSA, "ECDSA"],
  [MLDSA44, "ML-DSA-44"],
]);

/** A witness under the policy's own name for it. */
export interface Witness {
  name: string;
  key: VerifierKey;
}

/** So many of these witnesses and groups must agree. */
interface Group {
  name: string;
  threshold: bigint;
  members: string[];
}

/** A parsed trust policy; `quorum` names a witness or a group. */
export interface Policy {
  logs: VerifierKey[];
  witnesses: Witness[];
  groups: Group[];
  quorum: string | null;
}

/** A checkpoint that a policy believes, with what vouches for it. */
export interface VerifiedCheckpoint {
  checkpoint: Checkpoint;
  signatures: VerifiedSignature[];
  /** Names of the policy's witnesses that cosigned it. */
  witnesses: string[];
  /** POSIX seconds such that cosignatures of that time or later reach the quorum. */
  witnessedAtS: bigint | null;
}

/** Parses a trust policy; throws `FormatError` that tells the line. */
export function parsePolicy(text: string): Policy {
  const plain = decodeText(text.replaceAll("\t", " "), "policy");
  if (plain.includes("\x7f")) throw new FormatError("malformed policy: control characters");
  const reader = new PolicyReader();
  for (const [at, line] of plain.split("\n").entries()) {
    const [keyword, ...words] = line.split(" ").filter((word) => word !== "");
    if (keyword === undefined || keyword.startsWith("#")) continue;
    try {
      reader.read(keyword, words);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(`malformed policy, line ${at + 1}: ${error.message}`);
    }
  }
  return reader.finish();
}

/** Returns the keys of the log of that origin: those that bear its name. */
export function logKeys(policy: Policy, origin: string): VerifierKey[] {
  return policy.logs.filter((key) => key.name === origin);
}

/** Returns whether the witnesses of these names are enough; keys of one name count once. */
function reachesQuorum(policy: Policy, present: ReadonlySet<string>): boolean {
  if (policy.quorum === null) return true;
  const who = new Map<string, string>();
  for (const { name, key } of policy.witnesses) if (present.has(name)) who.set(name, key.name);
  for (const { name, threshold, members } of policy.groups) {
    const agreeing = new Set(members.map((member) => who.get(member)));
    agreeing.delete(undefined);
    if (BigInt(agreeing.size) >= threshold) who.set(name, groupToken(name));
  }
  return who.has(policy.quorum);
}

/** Names a group among witnesses; no key name has a space, so none is taken for it. */
function groupToken(name: string): string {
  return `group ${name}`;
}

/**
 * Checks a signed checkpoint against a policy.
 *
 * Throws `FormatError` for what is no signed checkpoint, `SignatureError` when a signature is
 * wrong, one of a listed type is missing, or the quorum is.
 */
export function verifyCheckpoint(note: string, policy: Policy): VerifiedCheckpoint {
  const checkpoint = parseCheckpoint(splitNote(note).text);
  const keys = logKeys(policy, checkpoint.origin);
  if (keys.length === 0) {
    throw new SignatureError("the policy does not list the checkpoint's origin");
  }
  const signatures = openNote(note, [...keys, ...policy.witnesses.map(({ key }) => key)]);
  const times = new Map(signatures.map(({ key, timeS }) => [key.vkey, timeS]));
  checkKinds(keys, times);
  const seen = policy.witnesses
    .filter(({ key }) => times.has(key.vkey))
    .map(({ name, key }) => ({ name, timeS: times.get(key.vkey) ?? 0n }));
  const witnesses = seen.map(({ name }) => name);
  if (!reachesQuorum(policy, new Set(witnesses))) {
    throw new SignatureError(`quorum ${policy.quorum} is not reached`);
  }
  return { checkpoint, signatures, witnesses, witnessedAtS: findWitnessedAt(policy, seen) };
}

/** Checks that a key of each listed type signed: who breaks one algorithm has not both. */
function checkKinds(keys: VerifierKey[], signed: ReadonlyMap<string, unknown>): void {
  const present = new Set(keys.filter((key) => signed.has(key.vkey)).map((key) => key.kind));
  const missing = [...KIND_NAMES]
    .filter(([kind]) => keys.some((key) => key.kind === kind) && !present.has(kind))
    .map(([, name]) => name);
  if (missing.length > 0) {
    throw new SignatureError(`no signature by a log key of type ${missing.join(", ")}`);
  }
}

function findWitnessedAt(policy: Policy, seen: { name: string; timeS: bigint }[]): bigint | null {
  if (policy.quorum === null) return null;
  const enough = seen.filter(({ timeS }) => {
    const since = seen.filter((one) => one.timeS >= timeS);
    return reachesQuorum(policy, new Set(since.map(({ name }) => name)));
  });
  return enough.map(({ timeS }) => timeS).reduce((a, b) => (a > b ? a : b));
}

/**
 * Returns the key under which a witness cosigns. Public lists write an Ed25519 witness with the
 * type of plain signatures; what it signs, and so its key id, is of the type of cosignatures.
 */
function asCosigner(key: VerifierKey): VerifierKey {
  if (key.kind !== ED25519) return key;
  return parseVerifierKey(formatVerifierKey(key.name, COSIGNATURE, key.publicKey));
}

/** Collects a policy line by line. */
class PolicyReader {
  readonly #logs: VerifierKey[] = [];
  readonly #witnesses: Witness[] = [];
  readonly #groups: Group[] = [];
  #quorum: string | null = null;
  readonly #names = new Set([NO_QUORUM]);
  readonly #publicKeys = new Set<string>();
  /** Who stands behind each name that is in no group yet. */
  readonly #free = new Map<string, string>();
  /** Who is in a group. */
  readonly #grouped = new Set<string>();

  read(keyword: string, words: string[]): void {
    const [first = "", second = "", ...rest] = words;
    if (keyword === "log" && (words.length === 1 || words.length === 2)) {
      this.#logs.push(this.#readKey(first, [ED25519, ECDSA, MLDSA44]));
    } else if (keyword === "witness" && (words.length === 2 || words.length === 3)) {
      const key = asCosigner(this.#readKey(second, [ED25519, COSIGNATURE, MLDSA44]));
      this.#takeName(first, key.name);
      this.#witnesses.push({ name: first, key });
    } else if (keyword === "group" && words.length >= 2) {
      this.#readGroup(first, second, rest);
    } else if (keyword === "quorum" && words.length === 1) {
      this.#readQuorum(first);
    } else {
      throw new FormatError("unknown keyword, or words missing or left over");
    }
  }

  #readQuorum(name: string): void {
    if (this.#quorum !== null || !this.#names.has(name)) {
      throw new FormatError("a second quorum, or one of an unknown name");
    }
    this.#quorum = name;
  }

  #readKey(vkey: string, kinds: number[]): VerifierKey {
    const key = parseVerifierKey(vkey);
    const publicKey = key.publicKey.join();
    if (!kinds.includes(key.kind) || this.#publicKeys.has(publicKey)) {
      throw new FormatError("a key of the wrong type, or one that occurs twice");
    }
    this.#publicKeys.add(publicKey);
    return key;
  }

  #takeName(name: string, who: string): void {
    if (this.#names.has(name)) throw new FormatError("a name that occurs twice, or is reserved");
    this.#names.add(name);
    this.#free.set(name, who);
  }

  #readGroup(name: string, threshold: string, members: string[]): void {
    const free = members.every((member) => this.#free.has(member));
    if (!free || new Set(members).size !== members.length) {
      throw new FormatError("a member is unknown here, or stands in a group already");
    }
    const who = new Set(members.map((member) => this.#free.get(member) ?? ""));
    for (const member of members) this.#free.delete(member);
    if ([...who].some((one) => this.#grouped.has(one))) {
      throw new FormatError("the keys of one witness stand in two groups");
    }
    for (const one of who) this.#grouped.add(one);
    const size = BigInt(who.size);
    const needed = threshold === "any" ? 1n : threshold === "all" ? size : parseDecimal(threshold);
    if (needed < 1n || needed > size) {
      throw new FormatError("a threshold that the members cannot reach, or none");
    }
    this.#takeName(name, groupToken(name));
    this.#groups.push({ name, threshold: needed, members });
  }

  finish(): Policy {
    if (this.#quorum === null) throw new FormatError("malformed policy: no quorum line");
    if (this.#logs.length === 0) throw new FormatError("malformed policy: no log");
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum === NO_QUORUM ? null : this.#quorum,
    };
  }
}
