/** What the entries say, once they are known to stand in the log. */

import type { EndorsementLink } from "./bundle.ts";
import { join, u64 } from "./bytes.ts";
import type { Checks } from "./checks.ts";
import {
  DIGESTS_MULTIPLE,
  NEVER_DISCLOSED,
  type ShownRecord,
  recompute,
  SOURCE,
} from "./commitment.ts";
import { decodeBase64, decodeHashes, encodeBase64 } from "./encoding.ts";
import type { Item, Items } from "./entries.ts";
import type { CertificationEntry, DepositorEntry, EntryOf } from "./entry.ts";
import { SignatureError, VerificationError } from "./errors.ts";
import { verifyInclusion } from "./merkle.ts";
import { parseVerifierKey } from "./note.ts";
import { identityKind } from "./person.ts";
import { flagOf, LINE_FIELDS } from "./showing.ts";
import { verifyByOne } from "./signatures.ts";
import type { Standing } from "./standing.ts";
import type { CertificationReport } from "./types.ts";

/** The certifications and depositors of one bundle, and what is shown of them. */
export class Contents {
  readonly #items: Items;
  readonly #origin: string;
  readonly #records = new Map<number, ShownRecord>();
  readonly #endorsed = new Map<number, string>();
  readonly #bodies = new Map<string, DepositorEntry[]>();
  readonly #certifications = new Map<number, CertificationEntry>();

  constructor(items: Items, origin: string) {
    this.#items = items;
    this.#origin = origin;
    for (const { shown, entry } of items.values()) {
      if (entry.type === "depositor") {
        const known = this.#bodies.get(entry.depositor) ?? [];
        this.#bodies.set(entry.depositor, [...known, entry]);
      } else if (entry.type === "certification") {
        // One that is shown only because it supersedes another is no line of a CV.
        const bare = shown.disclosures.length === 0 && shown.hidden.length === 0;
        const supersedes = entry.supersedes !== null && items.has(entry.supersedes);
        if (!(bare && supersedes)) this.#certifications.set(entry.index, entry);
      }
    }
  }

  /** Indexes of the certifications that are shown for themselves. */
  get lines(): number[] {
    return [...this.#certifications.keys()];
  }

  /** Checks records, depositors and endorsements. */
  check(links: readonly EndorsementLink[], checks: Checks): void {
    const count = this.#certifications.size;
    if (count === 0) checks.no("certification", "no certification is shown");
    checks.yes("certification", `${count} shown`);
    this.#checkRecords(checks);
    for (const [index, entry] of this.#certifications) {
      checks.attempt("depositor", index, () => this.#checkDepositor(entry));
    }
    checks.yes("depositor", "every depositor is registered");
    for (const link of links) {
      checks.attempt("endorsement", link.certification, () => this.#checkEndorsed(link));
    }
    if (links.length > 0) {
      checks.yes("endorsement", `${links.length} are signed by their depositor`);
    } else checks.skip("endorsement", "no depositor's own signature is shown");
  }

  #checkRecords(checks: Checks): void {
    for (const [index, item] of this.#items) {
      if (item.shown.disclosures.length === 0 && item.shown.hidden.length === 0) continue;
      checks.attempt("commitment", index, () => this.#readRecord(item));
    }
    checks.yes("commitment", `${this.#records.size} records are as committed to`);
    for (const [index, record] of this.#records) {
      const hidden = this.#items.get(index)?.shown.hidden.length ?? 0;
      checks.attempt("disclosure-rules", index, () => checkDisclosed(record, hidden));
    }
    checks.yes("disclosure-rules", "nothing is shown that stays hidden");
  }

  #readRecord({ entry, shown }: Item): void {
    if (!("commitment" in entry)) {
      throw new VerificationError("fields are shown, but the entry commits to none");
    }
    const { commitment, record } = recompute(shown.disclosures, decodeHashes(shown.hidden));
    const computed = encodeBase64(commitment);
    if (computed !== entry.commitment) {
      throw new VerificationError(`expected ${entry.commitment}, computed ${computed}`);
    }
    this.#records.set(entry.index, record);
  }

  #checkDepositor(entry: CertificationEntry): void {
    const body = this.#body(entry.depositor, entry.index);
    if (body === null) {
      throw new VerificationError(`no entry shown registers depositor ${entry.depositor}`);
    }
    const record = this.#records.get(entry.index);
    const shown = (name: string) => (record?.has(name) ? record.get(name) : entry.depositor);
    if (shown("emetteur") !== entry.depositor) {
      throw new VerificationError("its record names another depositor");
    }
    // Only an entry that was there before tells for whom it could deposit then.
    const allowed = body.index < entry.index ? body.certifiers : null;
    const certifier = shown("certificateur");
    if (allowed !== null && ![entry.depositor, ...allowed].some((one) => one === certifier)) {
      throw new VerificationError("its depositor may not deposit for that certifier");
    }
  }

  /** Gives the entry in force for a body at `index`, else the first one after it. */
  #body(bcr: string, index: number): DepositorEntry | null {
    const bodies = this.#bodies.get(bcr) ?? [];
    return bodies.findLast((body) => body.index < index) ?? bodies[0] ?? null;
  }

  #checkEndorsed(link: EndorsementLink): void {
    const entry = this.#certifications.get(link.certification);
    const signed = this.#items.get(link.entry)?.entry;
    if (entry === undefined || signed?.type !== "endorsement") {
      throw new VerificationError(`entry ${link.entry} is no endorsement shown here`);
    }
    if (entry.deposit !== signed.deposit) {
      throw new VerificationError(`entry ${link.entry} endorses another deposit`);
    }
    this.#checkCovered(entry, signed, link);
    const body = this.#body(entry.depositor, signed.index);
    if (body === null || body.index > signed.index || !body.keys.includes(signed.vkey)) {
      throw new SignatureError("no depositor entry shown before it lists its key");
    }
    const range = [signed.deposit, signed.start, signed.end].map(u64);
    const root = decodeBase64(signed.root);
    const message = join(`provenance/endorsement/v1\n${this.#origin}\n`, ...range, root);
    verifyByOne(readKeys([signed.vkey]), decodeBase64(signed.signature), message);
    const said = `entry ${body.index} lists its key, ${this.#setBy(body)}`;
    this.#endorsed.set(entry.index, `signed by the depositor itself; ${said}`);
  }

  /** Checks that a certification is one of those that an endorsement signs. */
  #checkCovered(
    entry: CertificationEntry,
    signed: EntryOf<"endorsement">,
    link: EndorsementLink,
  ): void {
    const leaf = this.#items.get(entry.index)?.leaf ?? new Uint8Array();
    const [index, size] = [entry.index - signed.start, signed.end - signed.start].map(BigInt);
    const path = decodeHashes(link.path);
    verifyInclusion(leaf, index ?? -1n, size ?? 0n, path, decodeBase64(signed.root));
  }

  /** Says who put a depositor's keys there, as far as the entries shown tell. */
  #setBy(body: DepositorEntry): string {
    if (body.previous === null) return "set by the operator";
    const before = this.#items.get(body.previous)?.entry;
    if (before?.type === "depositor" && before.depositor === body.depositor) {
      return this.#changedBy(body, before);
    }
    return body.signature !== null
      ? "set by an earlier key of its own, not checked here"
      : `set by the operator alone, who replaced entry ${body.previous}`;
  }

  /** Says who put other keys there; `SignatureError` where it claims to be signed. */
  #changedBy(body: DepositorEntry, before: DepositorEntry): string {
    if (body.signature !== null) {
      const lines = ["provenance/depositor/v1", this.#origin, body.depositor, ...body.keys, ""];
      const signature = decodeBase64(body.signature);
      verifyByOne(readKeys(before.keys), signature, join(lines.join("\n")));
      return `set by a key of its own that entry ${before.index} lists`;
    }
    if (before.keys.join("\n") === body.keys.join("\n")) {
      return `as entry ${before.index} did before`;
    }
    if (before.keys.length === 0) return "set by the operator";
    return `reset by the operator alone, in place of the keys of entry ${before.index}`;
  }

  /** Reports every certification; only for a bundle that passed all checks. */
  report(standings: ReadonlyMap<number, Standing>): CertificationReport[] {
    return [...this.#certifications.values()].map((entry) => {
      const body = this.#body(entry.depositor, entry.index);
      const standing = standings.get(entry.index);
      if (body === null || standing === undefined) throw new Error("not checked before");
      return this.#report(entry, standing, this.#records.get(entry.index) ?? new Map(), body);
    });
  }

  #report(
    { index, time, deposit, depositor }: CertificationEntry,
    { word, status, changedBy }: Standing,
    record: ShownRecord,
    body: DepositorEntry,
  ): CertificationReport {
    const certifier = asString(record.get("certificateur"));
    const final = record.get("donneeCertifiee");
    const identity = identityKind(record);
    const lacks = LINE_FIELDS.filter((name) => !record.has(name));
    return {
      index,
      time,
      deposit,
      depositor,
      depositor_name: body.name,
      depositor_name_source: sourceOf(body, index),
      certifier,
      certifier_name: certifier === null ? null : (this.#body(certifier, index)?.name ?? null),
      fields: [...record],
      hidden: this.#items.get(index)?.shown.hidden.length ?? 0,
      identity,
      status: word,
      as_of_index: status?.index ?? null,
      as_of_time: status?.time ?? null,
      changed_by: changedBy,
      changed_time: changedBy === null ? null : (this.#items.get(changedBy)?.entry.time ?? null),
      endorsed: this.#endorsed.has(index),
      endorsement: this.#endorsed.get(index) ?? null,
      line_complete: lacks.length === 0 && identity !== null,
      lacks: identity === null ? [...lacks, "identity"] : lacks,
      provisional: typeof final === "boolean" ? !final : null,
    };
  }
}

function checkDisclosed(record: ShownRecord, hidden: number): void {
  if (record.has(NEVER_DISCLOSED)) {
    throw new VerificationError("a field is shown that no proof may show");
  }
  // With all fields shown there are only decoys left, fewer than fill up to the multiple.
  if (record.has(SOURCE) && hidden >= DIGESTS_MULTIPLE) {
    throw new VerificationError(`${SOURCE} is shown while other fields are hidden`);
  }
  const flags = [...record.keys()].map(flagOf);
  if (!flags.every((flag) => flag === null || record.has(flag))) {
    throw new VerificationError("a level is shown without the flag that goes with it");
  }
}

function readKeys(vkeys: readonly string[]): Uint8Array[] {
  return vkeys.map((vkey) => parseVerifierKey(vkey).publicKey);
}

function sourceOf(body: DepositorEntry, index: number): string {
  const after = body.index > index ? ", recorded after the certification" : "";
  return `depositor entry ${body.index}${after}`;
}

function asString(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
