/** What the entries say, once they are known to stand in the log. */

import type { Checks } from "./checks.ts";
import { readRecord, type ShownRecord } from "./commitment.ts";
import { checkDisclosed } from "./disclosure.ts";
import { encodeBase64 } from "./encoding.ts";
import type { Item, Items } from "./entries.ts";
import type { CertificationEntry, DepositorEntry } from "./entry.ts";
import { VerificationError } from "./errors.ts";
import { slotsOf } from "./slots.ts";
import type { Value } from "./types.ts";

const NOTHING: ShownRecord = { fields: new Map(), unknown: 0 };

/** The certifications of one bundle, and what is shown of their records. */
export class Contents {
  readonly #items: Items;
  readonly #records = new Map<number, ShownRecord>();
  /** Certifications that are shown for themselves, by index. */
  readonly lines: ReadonlyMap<number, CertificationEntry>;

  constructor(items: Items) {
    this.#items = items;
    this.lines = new Map(
      [...items].flatMap(([index, { shown, entry }]) => {
        if (entry.type !== "certification") return [];
        // One that is shown only because it supersedes another is no line of a CV.
        const supersedes = entry.supersedes !== null && items.has(entry.supersedes);
        return shown.record.length === 0 && supersedes ? [] : [[index, entry] as const];
      }),
    );
  }

  /** Returns what is shown of a record; nothing where its entry shows none. */
  record(index: number): ShownRecord {
    return this.#records.get(index) ?? NOTHING;
  }

  /** Returns the entry that an index names, where it is shown and registers that body. */
  registration(index: number, bcr: string): DepositorEntry | null {
    const entry = this.#items.get(index)?.entry;
    return entry?.type === "depositor" && entry.depositor === bcr ? entry : null;
  }

  /** Checks certifications, records, and the rights of depositors. */
  check(checks: Checks): void {
    if (this.lines.size === 0) checks.no("certification", "no certification is shown");
    checks.yes("certification", `${this.lines.size} shown`);
    for (const [index, item] of this.#items) {
      if (item.shown.record.length === 0) continue;
      checks.attempt("commitment", index, () => this.#readRecord(item));
    }
    checks.yes("commitment", `${this.#records.size} records are as committed to`);
    for (const [index, { fields }] of this.#records) {
      checks.attempt("disclosure-rules", index, () => checkDisclosed(fields));
    }
    checks.yes("disclosure-rules", "nothing is shown that stays hidden");
    for (const [index, entry] of this.lines) {
      checks.attempt("depositor", index, () => this.#checkRights(entry));
    }
    checks.yes("depositor", "every depositor is registered");
  }

  #readRecord({ entry, shown }: Item): void {
    const table = slotsOf(entry.type);
    if (table === null || !("commitment" in entry)) {
      throw new VerificationError("fields are shown, but the entry commits to none");
    }
    const { commitment, shown: record } = readRecord(shown.record, table);
    const computed = encodeBase64(commitment);
    if (computed !== entry.commitment) {
      throw new VerificationError(`expected ${entry.commitment}, computed ${computed}`);
    }
    this.#records.set(entry.index, record);
  }

  /** Checks that a line was deposited by a body that could deposit it. */
  #checkRights(entry: CertificationEntry): void {
    const { fields } = this.record(entry.index);
    const own = this.#register(entry.registration, entry.index);
    if (own.depositor !== entry.depositor) {
      throw new VerificationError(`entry ${own.index} registers another depositor`);
    }
    if (!isShownAs(fields, "emetteur", entry.depositor)) {
      throw new VerificationError("its record names another depositor");
    }
    const certifiers: Value[] = [];
    if (fields.has("certificateur")) certifiers.push(fields.get("certificateur") ?? null);
    if (entry.certifier_registration !== null) {
      const other = this.#register(entry.certifier_registration, entry.index);
      certifiers.push(other.depositor);
      checkCertifier(entry, other, fields);
    }
    const allowed: Value[] = [entry.depositor, ...(own.certifiers ?? certifiers)];
    if (!certifiers.every((one) => allowed.includes(one))) {
      throw new VerificationError("its depositor may not deposit for that certifier");
    }
    this.#checkSucceeds(entry, own);
  }

  /** Returns a registration that an entry rests on, with none of the same body between them. */
  #register(index: number, user: number): DepositorEntry {
    const entry = this.#items.get(index)?.entry;
    if (entry?.type !== "depositor") {
      throw new VerificationError(`entry ${index} is not shown, or registers no depositor`);
    }
    for (const { entry: other } of this.#items.values()) {
      if (other.type !== "depositor" || other.depositor !== entry.depositor) continue;
      if (index < other.index && other.index < user) {
        throw new VerificationError(`entry ${other.index} replaces the registration ${index}`);
      }
    }
    return entry;
  }

  #checkSucceeds(entry: CertificationEntry, own: DepositorEntry): void {
    const earlier = entry.supersedes === null ? null : this.#items.get(entry.supersedes)?.entry;
    if (earlier?.type !== "certification" || earlier.depositor === entry.depositor) return;
    if (!own.succeeds?.includes(earlier.depositor)) {
      throw new VerificationError("it supersedes what another depositor deposited");
    }
  }
}

function checkCertifier(
  entry: CertificationEntry,
  other: DepositorEntry,
  fields: ReadonlyMap<string, Value>,
): void {
  if (other.depositor === entry.depositor) {
    throw new VerificationError("its certifier's registration is its depositor's own");
  }
  if (!isShownAs(fields, "certificateur", other.depositor)) {
    throw new VerificationError("its record names another certifier");
  }
}

/** Returns whether a field has this value, as far as it is shown. */
function isShownAs(fields: ReadonlyMap<string, Value>, name: string, value: string): boolean {
  return !fields.has(name) || fields.get(name) === value;
}
