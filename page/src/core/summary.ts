/**
 * The signed summary: what a printed CV can still prove, as the text of a QR code.
 *
 * ```text
 * PROV1: base45( zlib( signed note ) )
 *
 * provenance-summary/1
 * log.example/certifications
 * 2048 2026-11-25T21:00:00.000000Z
 * ["LEFÈVRE-DUBOIS","Maëlle","1991-07-23"]
 * [5,"RNCP","RNCP34762","CERT0001","Certificateur","2026-03-14",null,"B2","in force","…",5]
 *
 * — log.example/certifications/summary <base64>
 * ```
 *
 * Sources: docs/formats.md; RFC 9285 (base45), RFC 1950 (zlib), C2SP signed-note.
 */

import { fromUtf8 } from "./bytes.ts";
import { parseDecimal } from "./encoding.ts";
import { ascends, checkTime } from "./entry.ts";
import { FormatError } from "./errors.ts";
import { inflate } from "./inflate.ts";
import { type Json, parseJson } from "./json.ts";
import { openNote, parseVerifierKey, splitNote } from "./note.ts";
import { index, nullable, type Read, refuse, text, word } from "./schema.ts";
import type { Summary, SummaryHolder, SummaryLine } from "./types.ts";

export const SUMMARY_PREFIX = "PROV1:";
const TEXT_SIZE_MAX = 4296;
const NOTE_SIZE_MAX = 16 * 1024;
const HEADER = "provenance-summary/1";
const CERTIFICATIONS_MAX = 16;
/** The highest level of the national register. */
const LEVEL_MAX = 8;
const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

const words = text(/^.{1,255}$/su);
const date = text(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const level: Read<number> = (value) => {
  const read = index(value);
  return read >= 1 && read <= LEVEL_MAX ? read : refuse(`a level of 1 to ${LEVEL_MAX}`);
};
const HOLDER = [words, words, nullable(date)] as const;
const LINE = [
  index,
  words,
  words,
  words,
  nullable(words),
  date,
  nullable(date),
  nullable(words),
  word("in force", "superseded", "withdrawn", "erased"),
  nullable(text(/^.{1,80}$/su)),
  nullable(level),
] as const;

/** Returns the signed note in the text of a QR code; throws `FormatError`. */
export function decodeSummary(text: string): string {
  if (!text.startsWith(SUMMARY_PREFIX) || text.length > TEXT_SIZE_MAX) {
    throw new FormatError("malformed summary: no text of a summary's QR code");
  }
  return fromUtf8(inflate(decodeBase45(text.slice(SUMMARY_PREFIX.length)), NOTE_SIZE_MAX));
}

/** Decodes base45: two bytes are three characters, a last one two, the lowest digit first. */
export function decodeBase45(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = Array.from(text.slice(at, at + 3), (one) => BASE45.indexOf(one));
    const value = digits.reduceRight((number, digit) => number * 45 + digit, 0);
    const isShort = digits.length === 2;
    if (digits.includes(-1) || digits.length < 2 || value > (isShort ? 0xff : 0xffff)) {
      throw new FormatError("malformed base45");
    }
    bytes.push(...(isShort ? [value] : [value >> 8, value & 0xff]));
  }
  return Uint8Array.from(bytes);
}

/** Parses a summary's note, verifying nothing; throws `FormatError`. */
export function parseSummary(note: string): Summary {
  const { text, lines } = splitNote(note);
  const summary = parseText(text);
  if (lines.length !== 1 || lines[0]?.name !== `${summary.origin}/summary`) {
    throw new FormatError("malformed summary: it has one signature, by the log's summary key");
  }
  return summary;
}

/** Checks a summary's signature under the keys that are trusted; throws `SignatureError`. */
export function verifySummarySignature(note: string, vkeys: readonly string[]): void {
  openNote(note, vkeys.map(parseVerifierKey));
}

function parseText(text: string): Summary {
  const [header, origin = "", moment = "", holder = "", ...rest] = text.split("\n").slice(0, -1);
  if (header !== HEADER || origin === "") throw new FormatError("malformed summary: header");
  if (rest.length < 1 || rest.length > CERTIFICATIONS_MAX) {
    throw new FormatError("malformed summary: too few lines, or too many");
  }
  const parting = moment.indexOf(" ");
  const time = moment.slice(parting + 1);
  const size = parseDecimal(moment.slice(0, Math.max(parting, 0)));
  checkTime(time);
  const certifications = rest.map((line) => readLine<SummaryLine>(line, LINE));
  const indexes = certifications.map(([index]) => index);
  if (!ascends(indexes) || BigInt(indexes.at(-1) ?? 0) >= size) {
    throw new FormatError("malformed summary: indexes do not ascend, or exceed the size");
  }
  const read = readLine<SummaryHolder>(holder, HOLDER);
  return { origin, size: Number(size), time, holder: read, certifications };
}

/** Reads one line: an array of as many values as there are readers. */
function readLine<T extends unknown[]>(line: string, readers: readonly Read<T[number]>[]): T {
  const value: Json = parseJson(line, "summary");
  if (!Array.isArray(value) || value.length !== readers.length) {
    throw new FormatError("malformed summary: a line of another length");
  }
  return value.map((one, at) => readers[at]?.(one)) as T;
}
