/**
 * Whether depositors signed for their certifications, and whose keys they signed with.
 *
 * A depositor's keys are in its `depositor` entries, each of which names the one before. The
 * whole chain is shown, so that a key that the operator put in place is told from one that the
 * body itself took into use. Source: docs/formats.md sections 3 and 21.
 */

import type { EndorsementLink } from "./bundle.ts";
import type { Checks } from "./checks.ts";
import type { Contents } from "./contents.ts";
import { decodeBase64, decodeHashes } from "./encoding.ts";
import type { Items } from "./entries.ts";
import {
  type CertificationEntry,
  type DepositorEntry,
  type EndorsementEntry,
  endorsementMessage,
  registrationMessage,
} from "./entry.ts";
import { isRefusal, SignatureError, VerificationError } from "./errors.ts";
import { verifyInclusion } from "./merkle.ts";
import { parseVerifierKey } from "./note.ts";
import { verifyByOne } from "./signatures.ts";
import type { KeysWord } from "./types.ts";

/** How the keys of the depositor that signed came to be its own, by the index of each line. */
export type Endorsed = ReadonlyMap<number, KeysWord>;

/** Checks every link of a bundle to an endorsement. */
export function checkEndorsements(
  links: readonly EndorsementLink[],
  contents: Contents,
  items: Items,
  origin: string,
  checks: Checks,
): Endorsed {
  const endorsements = new Endorsements(contents, items, origin);
  const endorsed = new Map<number, KeysWord>();
  for (const link of links) {
    checks.attempt("endorsement", link.certification, () => {
      endorsed.set(link.certification, endorsements.check(link));
    });
  }
  if (links.length > 0) checks.yes("endorsement", `${links.length} are signed by their depositor`);
  else checks.skip("endorsement", "no depositor's own signature is shown");
  return endorsed;
}

class Endorsements {
  readonly #contents: Contents;
  readonly #items: Items;
  readonly #origin: string;
  /** One endorsement signs many certifications; its keys and signature are verified once. */
  readonly #words = new Map<string, () => KeysWord>();

  constructor(contents: Contents, items: Items, origin: string) {
    this.#contents = contents;
    this.#items = items;
    this.#origin = origin;
  }

  /** Checks one link; says how the keys came to be the depositor's. */
  check(link: EndorsementLink): KeysWord {
    const entry = this.#contents.lines.get(link.certification);
    const signed = this.#items.get(link.entry)?.entry;
    if (entry === undefined || signed?.type !== "endorsement") {
      throw new VerificationError(`entry ${link.entry} is no endorsement shown here`);
    }
    if (entry.deposit !== signed.deposit) {
      throw new VerificationError(`entry ${link.entry} endorses another deposit`);
    }
    this.#checkCovered(entry, signed, link);
    const name = `${signed.index} ${entry.depositor}`;
    const known =
      this.#words.get(name) ?? remember(() => this.#checkSigned(signed, entry.depositor));
    this.#words.set(name, known);
    return known();
  }

  /** Checks that a certification is one of those that an endorsement signs. */
  #checkCovered(entry: CertificationEntry, signed: EndorsementEntry, link: EndorsementLink): void {
    const leaf = this.#items.get(entry.index)?.leaf ?? new Uint8Array();
    const index = BigInt(entry.index - signed.start);
    const size = BigInt(signed.end - signed.start);
    verifyInclusion(leaf, index, size, decodeHashes(link.path), decodeBase64(signed.root));
  }

  #checkSigned(signed: EndorsementEntry, bcr: string): KeysWord {
    const chain = this.#chainOf(signed, bcr);
    if (!chain.at(-1)?.keys.includes(signed.vkey)) {
      throw new SignatureError(`entry ${signed.registration} does not list its key`);
    }
    const message = endorsementMessage(this.#origin, signed);
    verifyByOne(readKeys([signed.vkey]), decodeBase64(signed.signature), message);
    for (const [at, entry] of chain.entries()) this.#checkSignature(entry, chain[at - 1]);
    return describe(chain);
  }

  /** Returns the registrations of a body from its first one to that of an endorsement. */
  #chainOf(signed: EndorsementEntry, bcr: string): DepositorEntry[] {
    const chain: DepositorEntry[] = [];
    for (let next: number | null = signed.registration; next !== null; ) {
      const entry: DepositorEntry | null = this.#contents.registration(next, bcr);
      if (entry === null) {
        throw new VerificationError(`entry ${next} is not shown, or is no registration of ${bcr}`);
      }
      chain.unshift(entry);
      next = entry.previous;
    }
    const known = new Set(chain.map(({ index }) => index));
    for (const { entry } of this.#items.values()) {
      if (entry.type !== "depositor" || entry.depositor !== bcr) continue;
      if (entry.index < signed.index && !known.has(entry.index)) {
        throw new VerificationError(`entry ${entry.index} is not in its chain of registrations`);
      }
    }
    return chain;
  }

  /** Checks that a registration that is signed is signed by a key of the one before. */
  #checkSignature(entry: DepositorEntry, before: DepositorEntry | undefined): void {
    if (entry.signature === null) return;
    const message = registrationMessage(this.#origin, entry);
    verifyByOne(readKeys(before?.keys ?? []), decodeBase64(entry.signature), message);
  }
}

/** Says the gravest that happened to the keys of a body. */
function describe(chain: readonly DepositorEntry[]): KeysWord {
  const words = new Set<KeysWord>();
  let [held, before] = [false, ""];
  for (const { keys, signature } of chain) {
    const listed = keys.join("\n");
    if (listed !== before) words.add(signature ? "changed" : held ? "reset" : "registered");
    held ||= keys.length > 0;
    before = listed;
  }
  return (["reset", "changed"] as const).find((word) => words.has(word)) ?? "registered";
}

function readKeys(vkeys: readonly string[]): Uint8Array[] {
  return vkeys.map((vkey) => parseVerifierKey(vkey).publicKey);
}

/** Does something once; what it returned or threw, it returns or throws again. */
function remember<T>(work: () => T): () => T {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return () => {
      throw error;
    };
  }
}
