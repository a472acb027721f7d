/** Notes, checkpoints, policies: what is signed here is signed by Node's own OpenSSL. */

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { test } from "node:test";
import { join, u64 } from "../src/core/bytes.ts";
import { cosignatureMessage, parseCheckpoint } from "../src/core/checkpoint.ts";
import { encodeBase64 } from "../src/core/encoding.ts";
import { FormatError, SignatureError } from "../src/core/errors.ts";
import {
  COSIGNATURE,
  ED25519,
  formatVerifierKey,
  openNote,
  parseVerifierKey,
  splitNote,
  type VerifierKey,
} from "../src/core/note.ts";
import { parsePolicy, verifyCheckpoint } from "../src/core/policy.ts";

const ROOT = encodeBase64(createHash("sha256").digest());
const TEXT = `log.example/1\n7\n${ROOT}\n`;

interface Signer {
  key: VerifierKey;
  private: KeyObject;
}

function makeSigner(name: string, kind = ED25519): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  return { key: parseVerifierKey(formatVerifierKey(name, kind, raw)), private: privateKey };
}

function line({ key, private: secret }: Signer, text = TEXT, timeS = 5n): string {
  const timed = key.kind === COSIGNATURE;
  const message = timed ? cosignatureMessage(text, timeS) : join(text);
  const signature = Uint8Array.from(sign(null, message, secret));
  const id = Uint8Array.from(Buffer.from(key.keyId, "hex"));
  const data = timed ? join(id, u64(timeS), signature) : join(id, signature);
  return `— ${key.name} ${encodeBase64(data)}\n`;
}

const LOG = makeSigner("log.example/1");
const STRANGER = makeSigner("stranger");
const NOTE = `${TEXT}\n${line(LOG)}`;

test("a note is split at its last empty line", () => {
  assert.deepEqual(splitNote(NOTE).text, TEXT);
  const folded = `a\n\nb\n\n${line(LOG, "a\n\nb\n")}`;
  assert.equal(splitNote(folded).text, "a\n\nb\n");
  assert.equal(openNote(folded, [LOG.key]).length, 1);
  const wrong = [TEXT, `${TEXT}\n`, NOTE.slice(0, -1), `${NOTE}\n`, `${NOTE} `, NOTE.replace("—", "-")];
  const lines = ["— a\n", "— a =\n", "— a AAAA\n", "— a AAAAAA==x\n", "—  AAAAAAA=\n", "— a+b AAAAAAA=\n"];
  for (const note of [...wrong, ...lines.map((one) => `${TEXT}\n${one}`)]) {
    assert.throws(() => splitNote(note), FormatError, JSON.stringify(note));
  }
});

test("unknown keys are passed over, known ones must have signed", () => {
  const both = `${TEXT}\n${line(STRANGER)}${line(LOG)}`;
  assert.deepEqual(openNote(both, [LOG.key]), [{ key: LOG.key, timeS: null }]);
  assert.throws(() => openNote(both, []), SignatureError);
  assert.throws(() => openNote(`${NOTE}${line(LOG)}`, [LOG.key]), /two signatures/);
  const wrong = line(STRANGER, `${TEXT}x\n`);
  assert.equal(openNote(`${TEXT}\n${wrong}${line(LOG)}`, [LOG.key]).length, 1);
  assert.throws(() => openNote(`${TEXT}\n${wrong}${line(LOG)}`, [LOG.key, STRANGER.key]), SignatureError);
});

test("at most a hundred signature lines are read", () => {
  const many = (count: number) => `${TEXT}\n${line(STRANGER).repeat(count - 1)}${line(LOG)}`;
  assert.equal(openNote(many(100), [LOG.key]).length, 1);
  assert.throws(() => openNote(many(101), [LOG.key]), FormatError);
});

test("a cosignature states its time, which is below 2^63", () => {
  const witness = makeSigner("witness", COSIGNATURE);
  const note = (timeS: bigint) => `${TEXT}\n${line(witness, TEXT, timeS)}`;
  assert.equal(openNote(note(12n), [witness.key])[0]?.timeS, 12n);
  const latest = (1n << 63n) - 1n;
  assert.equal(openNote(note(latest), [witness.key])[0]?.timeS, latest);
  assert.throws(() => cosignatureMessage(TEXT, latest + 1n), FormatError);
  assert.throws(() => cosignatureMessage("no checkpoint\n", 1n), FormatError);
});

test("a checkpoint has one spelling", () => {
  assert.equal(parseCheckpoint(TEXT).size, 7n);
  assert.deepEqual(parseCheckpoint(`${TEXT}more\n`).extensions, ["more"]);
  const wrong = [`${TEXT}\n`, TEXT.slice(0, -1), `\n${TEXT}`, `log\n07\n${ROOT}\n`, `log\n7\n${ROOT}x\n`];
  for (const text of [...wrong, "", "log\n7\n", `log\n7\n\n${ROOT}\n`, `log\n-1\n${ROOT}\n`]) {
    assert.throws(() => parseCheckpoint(text), FormatError, JSON.stringify(text));
  }
});

test("a quorum counts witnesses, not keys, and the newest time that reaches it", () => {
  const alpha = makeSigner("w/alpha", COSIGNATURE);
  const again = makeSigner("w/alpha", COSIGNATURE);
  const beta = makeSigner("w/beta", COSIGNATURE);
  const policy = (group: string) =>
    parsePolicy(
      `log ${LOG.key.vkey}\nwitness a ${alpha.key.vkey}\nwitness a2 ${again.key.vkey} https://x\n` +
        `\twitness  b ${beta.key.vkey}\ngroup g ${group}\nquorum g\n`,
    );
  const signed = (...lines: string[]) => `${NOTE}${lines.join("")}`;
  const twice = signed(line(alpha, TEXT, 10n), line(again, TEXT, 20n));
  assert.throws(() => verifyCheckpoint(twice, policy("2 a a2 b")), /quorum/);
  const all = signed(line(alpha, TEXT, 10n), line(again, TEXT, 20n), line(beta, TEXT, 15n));
  const verified = verifyCheckpoint(all, policy("2 a a2 b"));
  assert.deepEqual([verified.witnesses, verified.witnessedAtS], [["a", "a2", "b"], 15n]);
  assert.equal(verifyCheckpoint(all, policy("any a b")).witnessedAtS, 15n);
  assert.throws(() => policy("3 a a2 b"), FormatError);
});

test("a policy that cannot be meant is malformed", () => {
  const log = `log ${LOG.key.vkey}\n`;
  const witness = makeSigner("w", COSIGNATURE).key.vkey;
  assert.ok(parsePolicy(`# a\n${log}quorum none`));
  const wrong = [
    log,
    "quorum none\n",
    `${log}quorum none\nquorum none\n`,
    `${log}${log}quorum none\n`,
    `${log}quorum a\nwitness a ${witness}\n`,
    `${log}witness none ${witness}\nquorum none\n`,
    `${log}witness a ${witness}\ngroup g all a a\nquorum g\n`,
    `${log}witness a ${witness}\ngroup g 0 a\nquorum g\n`,
    `${log}witness a ${witness}\ngroup g 01 a\nquorum g\n`,
    `${log}witness a ${witness}\ngroup g all\nquorum g\n`,
    `${log}witness a ${witness}\ngroup g any a\ngroup h any a\nquorum h\n`,
    `log ${witness}\nquorum none\n`,
    `${log}witness a ${STRANGER.key.vkey}\nwitness b ${asCosignature(STRANGER)}\nquorum none\n`,
    `${log}witness a ${LOG.key.vkey}\nquorum none\n`,
    `${log}quorum none\r\n`,
    `${log}quorum none \x7f\n`,
    `${log}Quorum none\n`,
    `log ${LOG.key.vkey} url more\nquorum none\n`,
  ];
  for (const text of wrong) assert.throws(() => parsePolicy(text), FormatError, text);
});

function asCosignature({ key }: Signer): string {
  return formatVerifierKey(key.name, COSIGNATURE, key.publicKey);
}

test("a witness's key of the plain type stands for that of cosignatures", () => {
  const cosigner: Signer = { ...STRANGER, key: parseVerifierKey(asCosignature(STRANGER)) };
  const policy = parsePolicy(`log ${LOG.key.vkey}\nwitness a ${STRANGER.key.vkey}\nquorum a\n`);
  assert.deepEqual(policy.witnesses, [{ name: "a", key: cosigner.key }]);
  assert.notEqual(cosigner.key.keyId, STRANGER.key.keyId);
  const { witnesses, witnessedAtS } = verifyCheckpoint(`${NOTE}${line(cosigner)}`, policy);
  assert.deepEqual([witnesses, witnessedAtS], [["a"], 5n]);
  // A plain signature by it says no time, and is one by a key that nobody knows.
  assert.throws(() => verifyCheckpoint(`${NOTE}${line(STRANGER)}`, policy), SignatureError);
  const wrongId = STRANGER.key.vkey.replace(/\+[0-9a-f]{8}\+/, `+${cosigner.key.keyId}+`);
  assert.throws(() => parsePolicy(`log ${LOG.key.vkey}\nwitness a ${wrongId}\nquorum a\n`));
});
