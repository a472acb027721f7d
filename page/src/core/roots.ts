/**
 * The seal-roots file: whose seals, time stamps, summaries and JSON CVs are trusted.
 *
 * ```text
 * # a comment
 * seal
 * -----BEGIN CERTIFICATE-----
 * …
 * -----END CERTIFICATE-----
 * tsa
 * -----BEGIN CERTIFICATE-----
 * …
 * summary <vkey>
 * issuer <did:key>
 * ```
 *
 * Certificates are given on as text (PEM, RFC 7468 section 3); that they are X.509 is for those
 * to check who use them. Source: docs/formats.md.
 */

import { bigEndian, fromHex, startsWith } from "./bytes.ts";
import { decodeBase64, decodeText } from "./encoding.ts";
import { FormatError } from "./errors.ts";
import { ED25519, parseVerifierKey } from "./note.ts";
import { checkEd25519Key } from "./signatures.ts";
import type { SealRoots } from "./types.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";
const WRAPPED = /^(?:[A-Za-z0-9+/=]{64}\n)*[A-Za-z0-9+/=]{1,64}$/;
const SUMMARY_NAME = /.\/summary$/u;
const DID_KEY = /^did:key:z([1-9A-HJ-NP-Za-km-z]{47})$/;
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** Characters: more than any key or signature has. */
const BASE58_SIZE_MAX = 256;
/** Ed25519 public keys are marked so (multicodec 0xed, as a varint). */
const MULTICODEC = Uint8Array.of(0xed, 0x01);
const KEY_SIZE = 32;

/** Parses a seal-roots file; throws `FormatError` that tells the line. */
export function parseSealRoots(text: string): SealRoots {
  const body = decodeText(text, "seal roots");
  if (body !== "" && !body.endsWith("\n")) {
    throw new FormatError("malformed seal roots: the last line does not end in a newline");
  }
  const lines = body.split("\n").slice(0, -1);
  const roots: SealRoots = { seals: [], tsas: [], summaries: [], issuers: [] };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    try {
      at += line === "" || line.startsWith("#") ? 1 : readOne(lines, at, roots);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(`malformed seal roots: line ${at + 1}: ${error.message}`);
    }
  }
  return roots;
}

/** Reads what begins at a line, and tells how many lines it takes. */
function readOne(lines: readonly string[], at: number, roots: SealRoots): number {
  const line = lines[at] ?? "";
  const [word, rest] = [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)];
  if (line === "seal" || line === "tsa") {
    const pem = readCertificate(lines, at + 1);
    add(line === "seal" ? roots.seals : roots.tsas, pem);
    return pem.split("\n").length;
  }
  if (word === "summary") {
    const key = parseVerifierKey(rest);
    if (key.kind !== ED25519 || !SUMMARY_NAME.test(key.name)) {
      throw new FormatError("a summary key is an Ed25519 key (0x01) whose name ends in /summary");
    }
    add(roots.summaries, rest);
  } else if (word === "issuer") {
    parseDidKey(rest);
    add(roots.issuers, rest);
  } else {
    throw new FormatError("none of seal, tsa, summary <vkey>, issuer <did:key>");
  }
  return 1;
}

function add(list: string[], item: string): void {
  if (list.includes(item)) throw new FormatError("it stands there twice");
  list.push(item);
}

/** Returns the PEM text of the certificate that begins at a line, its last newline included. */
function readCertificate(lines: readonly string[], at: number): string {
  if (lines[at] !== BEGIN) throw new FormatError("no certificate follows");
  const end = lines.indexOf(END, at);
  if (end < 0) throw new FormatError("the certificate has no end");
  const body = lines.slice(at + 1, end).join("\n");
  if (!WRAPPED.test(body)) {
    throw new FormatError("the certificate is not in lines of 64 characters");
  }
  checkSequence(decodeBase64(body.replaceAll("\n", "")));
  return `${lines.slice(at, end + 1).join("\n")}\n`;
}

/** Checks that bytes are one DER sequence and nothing behind it (X.690 section 8.1). */
function checkSequence(der: Uint8Array): void {
  const [tag, first = 0] = der;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const length = more === 0 ? BigInt(first) : bigEndian(der.subarray(2, 2 + more));
  if (tag !== 0x30 || length !== BigInt(der.length - 2 - more)) {
    throw new FormatError("that is no X.509 certificate");
  }
}

/** Returns the 32 bytes of the Ed25519 key in a did:key; throws `FormatError`. */
export function parseDidKey(did: string): Uint8Array {
  const data = decodeBase58(DID_KEY.exec(did)?.[1] ?? "");
  const key = data.subarray(MULTICODEC.length);
  if (!startsWith(data, MULTICODEC) || key.length !== KEY_SIZE) {
    throw new FormatError("malformed did:key, or not of an Ed25519 key");
  }
  checkEd25519Key(key);
  return key;
}

/**
 * Decodes base58 as Bitcoin has it: one large number, and a digit 1 for each zero byte in
 * front. So bytes have one spelling. Throws `FormatError`.
 */
export function decodeBase58(text: string): Uint8Array {
  if (text.length > BASE58_SIZE_MAX) throw new FormatError("malformed base58");
  let number = 0n;
  for (const character of text) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) throw new FormatError("malformed base58");
    number = number * 58n + BigInt(digit);
  }
  const digits = number === 0n ? "" : number.toString(16);
  const zeros = "00".repeat(/^1*/.exec(text)?.[0].length ?? 0);
  return fromHex(zeros + digits.padStart(digits.length + (digits.length % 2), "0"));
}
