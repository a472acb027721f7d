/**
 * The entries of a log: thirteen types, each one JSON object of at most 65,535 bytes.
 *
 * ```text
 * {"type":"certification","index":7,"time":"2026-11-23T20:00:00.123456Z",
 *  "prev":"<base64, 32 bytes>","deposit":5,"depositor":"0ABCDEFG","commitment":"<base64>"}
 * ```
 *
 * What one entry alone must show is checked here. Source: docs/formats.md section 3.
 */

import { join, u64 } from "./bytes.ts";
import { decodeBase64, encodeBase64 } from "./encoding.ts";
import { FormatError } from "./errors.ts";
import { type Json, parseJson } from "./json.ts";
import { ED25519, MLDSA44, parseVerifierKey } from "./note.ts";
import { isDay } from "./paris.ts";
import {
  day,
  index,
  list,
  object,
  optional,
  type Read,
  refuse,
  text,
  type TypeOf,
  word,
} from "./schema.ts";
import { wording } from "./wording.ts";

const ENTRY_SIZE_MAX = 65_535;
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/;
const KEYS_MAX = 16;
const SUCCEEDED_MAX = 100;
const CERTIFIERS_MAX = 1000;
/** Sheets of the national register under one entry. */
export const SHEETS_MAX = 131_072;
const ZERO_PREV = encodeBase64(new Uint8Array(32));

const bcr = text(/^[0-9A-Z]{8}$/);
// What is left over after the last whole byte must be zero (RFC 4648 section 3.5).
const hash = text(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/);
const signature = text(/^[A-Za-z0-9+/]{85}[AQgw]==$/);
const siret = text(/^[0-9]{14}$/);
const name = wording(200);
const origin = text(/^[!-*,-~]{1,255}$/);
const version = text(/^[!-~]{1,32}$/);
const otherFormat = text(/^provenance\/(?!1$)[1-9][0-9]{0,3}$/);
const time: Read<string> = (value) => {
  const read = text()(value);
  checkTime(read);
  return read;
};
const sheetCount: Read<number> = (value) => {
  const read = index(value);
  return read >= 1 && read <= SHEETS_MAX ? read : refuse(`1 to ${SHEETS_MAX} sheets`);
};
const vkeys = (min: number) => list(text(), { min, max: KEYS_MAX });
const token: Read<string> = (value) => {
  const read = text()(value);
  if (decodeBase64(read).length === 0) throw new FormatError("expected base64 of a byte or more");
  return read;
};

/** The first members of every entry of a type. */
function entry<T extends string>(type: T) {
  return { type: word(type), index, time, prev: hash };
}

const READERS = {
  genesis: object({
    ...entry("genesis"),
    format: word("provenance/1"),
    origin,
    log_keys: vkeys(1),
    previous: optional(object({ origin, size: index, root: hash })),
  }),
  key: object({
    ...entry("key"),
    action: word("add", "retire"),
    role: word("entry", "log"),
    vkey: text(),
  }),
  depositor: object({
    ...entry("depositor"),
    depositor: bcr,
    name,
    siret: optional(siret),
    certifiers: optional(list(bcr, { max: CERTIFIERS_MAX })),
    succeeds: optional(list(bcr, { min: 1, max: SUCCEEDED_MAX })),
    keys: vkeys(0),
    previous: optional(index),
    signature: optional(signature),
  }),
  deposit: object({
    ...entry("deposit"),
    depositor: bcr,
    registration: index,
    certifier: bcr,
    action: word("CREATION", "SUPPRESSION"),
    recorded: index,
    digest: hash,
    signer: optional(text()),
    signature: optional(signature),
  }),
  certification: object({
    ...entry("certification"),
    deposit: index,
    depositor: bcr,
    registration: index,
    certifier_registration: optional(index),
    commitment: hash,
    supersedes: optional(index),
  }),
  withdrawal: object({
    ...entry("withdrawal"),
    deposit: optional(index),
    withdraws: index,
    commitment: hash,
  }),
  erasure: object({ ...entry("erasure"), erases: list(index, { min: 1 }), commitment: hash }),
  endorsement: object({
    ...entry("endorsement"),
    deposit: index,
    start: index,
    end: index,
    root: hash,
    registration: index,
    vkey: text(),
    signature,
  }),
  status: object({ ...entry("status"), size: index, root: hash, register: optional(index) }),
  timestamp: object({ ...entry("timestamp"), size: index, root: hash, token }),
  register: object({
    ...entry("register"),
    source: name,
    version,
    date: day,
    digest: hash,
    sheets: sheetCount,
    root: hash,
  }),
  upgrade: object({ ...entry("upgrade"), format: otherFormat }),
  close: object({ ...entry("close"), successor: origin, genesis: hash }),
};

type Types = { [K in keyof typeof READERS]: TypeOf<(typeof READERS)[K]> };
/** Any entry; `type` tells which. */
export type Entry = Types[keyof Types];
export type EntryOf<K extends keyof Types> = Types[K];
export type DepositorEntry = EntryOf<"depositor">;
export type CertificationEntry = EntryOf<"certification">;
export type EndorsementEntry = EntryOf<"endorsement">;
export type RegisterEntry = EntryOf<"register">;
export type StatusEntry = EntryOf<"status">;

/** Parses an entry and checks its form; throws `FormatError`. */
export function parseEntry(data: Uint8Array): Entry {
  if (data.length > ENTRY_SIZE_MAX) {
    throw new FormatError(`malformed entry: more than ${ENTRY_SIZE_MAX} bytes`);
  }
  const value = parseJson(data, "entry");
  const type = readType(value);
  try {
    const read = READERS[type](value);
    if (!holds(read)) throw new FormatError("its members contradict each other");
    return read;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`malformed ${type} entry: ${error.message}`);
  }
}

function readType(value: Json): keyof Types {
  const type = value instanceof Map ? value.get("type") : null;
  if (typeof type !== "string" || !Object.hasOwn(READERS, type)) {
    throw new FormatError("malformed entry: unknown type");
  }
  return type as keyof Types;
}

/** Returns whether the members of an entry agree with each other and point backwards. */
function holds(entry: Entry): boolean {
  switch (entry.type) {
    case "genesis":
      checkKeys(entry.log_keys, [ED25519, MLDSA44]);
      return entry.index === 0 && entry.prev === ZERO_PREV;
    case "key":
      checkKeys([entry.vkey], entry.role === "entry" ? [ED25519] : [ED25519, MLDSA44]);
      return entry.index > 1 || isFirstKey(entry);
    default:
      return entry.index > 1 && holdsBehind(entry);
  }
}

/** The entry at index 1 takes the first entry key into use. */
function isFirstKey(entry: EntryOf<"key">): boolean {
  return entry.index === 1 && entry.action === "add" && entry.role === "entry";
}

/** Returns the same of an entry that cannot be one of the first two. */
function holdsBehind(entry: Exclude<Entry, EntryOf<"genesis"> | EntryOf<"key">>): boolean {
  const isBefore = (reference: number | null) => reference === null || reference < entry.index;
  switch (entry.type) {
    case "depositor":
      return isDepositor(entry) && isBefore(entry.previous);
    case "deposit":
      checkKeys(entry.signer === null ? [] : [entry.signer], [ED25519]);
      return (
        isBefore(entry.registration) && (entry.signer === null) === (entry.signature === null)
      );
    case "certification":
      return [
        entry.deposit,
        entry.registration,
        entry.certifier_registration,
        entry.supersedes,
      ].every(isBefore);
    case "withdrawal":
      return isBefore(entry.deposit) && isBefore(entry.withdraws);
    case "erasure":
      return entry.erases.every(isBefore) && ascends(entry.erases);
    case "endorsement":
      checkKeys([entry.vkey], [ED25519]);
      return isBefore(entry.registration) && covers(entry);
    case "status":
      return entry.size === entry.index && isBefore(entry.register);
    case "timestamp":
      return entry.size > 0 && entry.size <= entry.index;
    default:
      return true;
  }
}

/** Returns whether an endorsement is of entries that stand between its deposit and itself. */
function covers({ deposit, start, end, index }: EndorsementEntry): boolean {
  return deposit < start && start < end && end <= index;
}

function isDepositor(entry: DepositorEntry): boolean {
  checkKeys(entry.keys, [ED25519]);
  const replaces = entry.previous !== null || entry.signature === null;
  return replaces && isDistinct(entry.certifiers ?? []) && isDistinct(entry.succeeds ?? []);
}

/** Checks that all are verifier keys of these types, none of them twice. */
function checkKeys(vkeys: readonly string[], kinds: readonly number[]): void {
  if (!isDistinct(vkeys)) throw new FormatError("verifier key listed twice");
  if (!vkeys.every((vkey) => kinds.includes(parseVerifierKey(vkey).kind))) {
    throw new FormatError("verifier key of another type than its role asks for");
  }
}

function isDistinct(items: readonly string[]): boolean {
  return new Set(items).size === items.length;
}

/** Returns whether numbers ascend, none of them twice. */
export function ascends(numbers: readonly number[]): boolean {
  return numbers.every((number, at) => at === 0 || (numbers[at - 1] ?? 0) < number);
}

/** Checks `YYYY-MM-DDThh:mm:ss.ffffffZ`, a day of the calendar; throws `FormatError`. */
export function checkTime(text: string): void {
  const [date = "", ...parts] = TIME.exec(text)?.slice(1) ?? [];
  const [hour = 0, minute = 0, second = 0] = parts.map(Number);
  if (!isDay(date) || hour > 23 || minute > 59 || second > 59) {
    throw new FormatError("malformed time");
  }
}

/** Returns the milliseconds since 1970 of a time that `checkTime` accepts. */
export function timeMs(text: string): number {
  return Date.parse(`${text.slice(0, 23)}Z`);
}

/** Returns what the entry key signs, up to the leaf hash (docs/formats.md section 3). */
export function entryMessage(origin: string, leaf: Uint8Array): Uint8Array {
  return join(`provenance/entry/v1\n${origin}\n`, leaf);
}

/** Returns what an endorsement signs (docs/formats.md section 3). */
export function endorsementMessage(origin: string, entry: EndorsementEntry): Uint8Array {
  const range = [entry.deposit, entry.start, entry.end].map(u64);
  return join(`provenance/endorsement/v1\n${origin}\n`, ...range, decodeBase64(entry.root));
}

/**
 * Returns what a body signs with an earlier key of its own when its registration changes: the
 * members `depositor` to `keys` and `previous`, as they are in the entry.
 */
export function registrationMessage(origin: string, entry: DepositorEntry): Uint8Array {
  const { depositor, name, siret, certifiers, succeeds, keys, previous } = entry;
  const members = Object.entries({ depositor, name, siret, certifiers, succeeds, keys, previous });
  const present = Object.fromEntries(members.filter(([, value]) => value !== null));
  // JSON.stringify escapes as RFC 8785 has it, and keeps the order of these names.
  return join(`provenance/depositor/v1\n${origin}\n`, JSON.stringify(present));
}
