/**
 * The CV for machines: a verifiable credential that carries its proof bundle as a string.
 *
 * Its Data Integrity proof is of the cryptosuite `eddsa-jcs-2022`; no context is ever loaded.
 * Sources: docs/formats.md; W3C Data Integrity EdDSA Cryptosuites v1.0 section 3.3.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { join, toUtf8 } from "./bytes.ts";
import { isName, readValue } from "./commitment.ts";
import {
  attempt,
  check,
  conclude,
  isProven,
  personCheck,
  plainDocument,
  proofCheck,
} from "./documents.ts";
import { checkTime } from "./entry.ts";
import { FormatError, isRefusal, SignatureError } from "./errors.ts";
import { checkHolder } from "./holdername.ts";
import { fold } from "./identity.ts";
import { canonicalize, parseAnyJson } from "./jcs.ts";
import type { JsonObject } from "./json.ts";
import { compareValues } from "./person.ts";
import { decodeBase58, parseDidKey } from "./roots.ts";
import { anyOrder, index, list, nullable, optional, type Read, text, word } from "./schema.ts";
import { NAME_FIELDS } from "./showing.ts";
import { ED25519_SIGNATURE_SIZE, verifyByOne } from "./signatures.ts";
import type {
  Check,
  CvReport,
  DocumentReport,
  Report,
  SealRoots,
  Value,
  VerifyOptions,
} from "./types.ts";
import { verifyBundle } from "./verifier.ts";

const JSON_CV_SIZE_MAX = 17 * 1024 * 1024;
/** Bytes of the canonical form of `credentialSubject`. */
const SUBJECT_SIZE_MAX = 1_000_000;
const CLAIMS_MAX = 64;
const LINES_MAX = 1000;
const CONTEXT = [
  "https://www.w3.org/ns/credentials/v2",
  "https://www.w3.org/ns/credentials/undefined-terms/v2",
];
const TYPES = ["VerifiableCredential", "ProvenanceCv"];
const DID_KEY = "did:key:";
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

type Outcome = "proven" | "spelled differently" | "contradicted" | "undisclosed";

/** What the certifications of a proof show, by the index of their entry. */
type Shown = ReadonlyMap<
  number,
  { fields: ReadonlyMap<string, Value>; title: string | null }
>;

/** Exactly these strings, in this order. */
function strings(expected: readonly string[]): Read<string[]> {
  return (value) => {
    const read = list(text())(value);
    if (read.join("\n") !== expected.join("\n")) throw new FormatError(`expected ${expected}`);
    return read;
  };
}

const claims: Read<Map<string, Value>> = (value) => {
  if (!(value instanceof Map) || value.size < 1 || value.size > CLAIMS_MAX) {
    throw new FormatError(`expected 1 to ${CLAIMS_MAX} claims`);
  }
  if (![...value.keys()].every(isName)) throw new FormatError("expected names of fields");
  return new Map([...value].map(([name, one]) => [name, readValue(one)]));
};
const line = anyOrder({
  id: text(/^.{1,64}$/su),
  label: optional(nullable(text())),
  entry: index,
  claims,
});
const subject = anyOrder({ holder: claims, lines: list(line, { min: 1, max: LINES_MAX }) });
const dataIntegrityProof = anyOrder({
  "@context": strings(CONTEXT),
  type: word("DataIntegrityProof"),
  cryptosuite: word("eddsa-jcs-2022"),
  created: text(),
  verificationMethod: text(),
  proofPurpose: word("assertionMethod"),
  proofValue: text(),
});
/** All members but `proof`, which a document lacks that nobody signed. */
const unsigned = {
  "@context": strings(CONTEXT),
  type: strings(TYPES),
  issuer: text(),
  validFrom: text(),
  credentialSubject: subject,
  provenance: text(),
};
const document = anyOrder({ ...unsigned, proof: optional(dataIntegrityProof) });
type JsonCv = ReturnType<typeof document>;
type Subject = ReturnType<typeof subject>;

/** Verifies a JSON CV; bad input is a report that refuses. */
export async function verifyJsonCv(
  data: Uint8Array,
  policyText: string,
  roots: SealRoots,
  options: VerifyOptions = {},
): Promise<CvReport> {
  const made: Check[] = [];
  const found = { kind: "json", made, day: options.day ?? null } as const;
  let [claimsProof, isSigned] = [true, true];
  try {
    const tree = attempt(made, "readable", "JSON that every program reads alike", () =>
      readTree(data),
    );
    [claimsProof, isSigned] = [tree.has("provenance"), tree.has("proof")];
    const cv = attempt(made, "document", "a CV with its proof", () => readDocument(tree));
    const sealed = checkIssuer(tree, cv, roots, made);
    const proof = await verifyBundle(toUtf8(cv.provenance), policyText, options);
    made.push(proofCheck(proof), ...(isProven(proof) ? checkClaims(cv, proof) : []));
    return conclude({ ...found, document: sealed, claimsProof, isSigned, proof });
  } catch (error) {
    if (!isRefusal(error)) made.unshift(check("readable", "no", "the verifier itself failed"));
    const read = !made.some((one) => one.name === "readable" && one.outcome === "no");
    const sealed = plainDocument(read ? "not provable" : "unreadable");
    return conclude({ ...found, document: sealed, claimsProof, isSigned });
  }
}

/** Holds what a CV says against a proof that holds. */
function checkClaims({ credentialSubject }: JsonCv, proof: Report): Check[] {
  const person = personCheck(proof);
  const checks = [checkAgreement(credentialSubject, proof), person];
  if (person.outcome === "yes") checks.push(checkHolder(credentialSubject.holder, proof));
  return checks;
}

function readTree(data: Uint8Array): JsonObject {
  const tree = parseAnyJson(data, JSON_CV_SIZE_MAX, "JSON CV");
  if (!(tree instanceof Map)) throw new FormatError("malformed JSON CV: no object");
  return tree;
}

/** Checks the form of the whole document; throws `FormatError`. */
function readDocument(tree: JsonObject): JsonCv {
  const cv = document(tree);
  const { issuer, validFrom, proof, credentialSubject } = cv;
  parseDidKey(issuer);
  if (!TIME.test(validFrom)) throw new FormatError("malformed JSON CV: validFrom is no time in UTC");
  checkTime(`${validFrom.slice(0, -1)}.000000Z`);
  if (proof !== null) checkProof(proof, issuer, validFrom);
  const ids = new Set(credentialSubject.lines.map(({ id }) => id));
  if (ids.size !== credentialSubject.lines.length) {
    throw new FormatError("malformed JSON CV: two lines of one id");
  }
  if (canonicalize(tree.get("credentialSubject") ?? null).length > SUBJECT_SIZE_MAX) {
    throw new FormatError(`malformed JSON CV: more than ${SUBJECT_SIZE_MAX} bytes of claims`);
  }
  return cv;
}

function checkProof(
  { created, verificationMethod, proofValue }: ReturnType<typeof dataIntegrityProof>,
  issuer: string,
  validFrom: string,
): void {
  decodeProofValue(proofValue);
  if (created !== validFrom) {
    throw new FormatError("malformed JSON CV: validFrom and created are one time");
  }
  if (verificationMethod !== `${issuer}#${issuer.slice(DID_KEY.length)}`) {
    throw new FormatError("malformed JSON CV: the proof is by another key than the issuer's");
  }
}

function decodeProofValue(text: string): Uint8Array {
  if (!text.startsWith("z")) throw new FormatError("malformed proofValue");
  const signature = decodeBase58(text.slice(1));
  if (signature.length !== ED25519_SIGNATURE_SIZE) {
    throw new FormatError(`malformed proofValue: ${signature.length} bytes, not 64`);
  }
  return signature;
}

/** Checks the issuer's signature, and whether the issuer is trusted. */
function checkIssuer(
  tree: JsonObject,
  { issuer, validFrom, proof }: JsonCv,
  roots: SealRoots,
  made: Check[],
): DocumentReport {
  const trusted = roots.issuers.includes(issuer);
  const named = trusted ? "name" : "do not name";
  made.push(check("issuer", trusted ? "yes" : "no", `the seal roots ${named} ${issuer}`));
  if (proof === null) {
    made.push(check("signature", "no", "the document bears no signature"));
    return plainDocument("not sealed");
  }
  try {
    const signature = decodeProofValue(proof.proofValue);
    verifyByOne([parseDidKey(issuer)], signature, hashData(tree));
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    made.push(check("signature", "no", "the document is not as its issuer signed it"));
    return plainDocument("altered");
  }
  made.push(check("signature", "yes", "the document is as its issuer signed it"));
  if (!trusted) return plainDocument("untrusted seal");
  return { outcome: "as sealed", sealed_by: issuer, sealed_at: validFrom, time_source: "claimed" };
}

/** Returns what is signed: the digests of the proof without its value, and of all the rest. */
function hashData(tree: JsonObject): Uint8Array {
  const proof = tree.get("proof");
  if (!(proof instanceof Map)) throw new FormatError("no single proof");
  const parts = [without(proof, "proofValue"), without(tree, "proof")];
  return join(...parts.map((part) => sha256(canonicalize(part))));
}

function without(members: JsonObject, name: string): JsonObject {
  return new Map([...members].filter(([one]) => one !== name));
}

/** Checks that neither lines nor holder claim more than the proof shows. */
function checkAgreement(claimed: Subject, proof: Report): Check {
  const shown: Shown = new Map(
    proof.certifications.map(({ index, fields, title }) => [
      index,
      { fields: new Map(fields), title },
    ]),
  );
  const all = [...disagreementsOfLines(claimed, shown), ...disagreementsOfHolder(claimed, shown)];
  return all.length > 0
    ? check("agreement", "no", all.join("; "))
    : check("agreement", "yes", "the proof shows all that the CV claims");
}

/** Says which claims of the lines the proof does not show: names and places, no values. */
function disagreementsOfLines({ lines }: Subject, shown: Shown): string[] {
  return lines.flatMap(({ entry, claims, label }, at) => {
    const found = shown.get(entry);
    if (found === undefined) return [`line ${at + 1} names an entry that is not shown`];
    const { fields, title } = found;
    const wrong = [...claims]
      .map(([name, value]) => ({ name, outcome: compare(name, value, fields) }))
      .filter(({ outcome }) => !isShown(outcome))
      .map(({ name, outcome }) => `line ${at + 1}: ${name} is ${outcome}`);
    if (label === null || label === title || label === fields.get("code")) return wrong;
    return [...wrong, `line ${at + 1}: label is neither the title nor the code`];
  });
}

/** Each claim of the holder is shown by one certification at least, contradicted by none. */
function disagreementsOfHolder({ holder, lines }: Subject, shown: Shown): string[] {
  const used = new Set(lines.map(({ entry }) => shown.get(entry)?.fields));
  return [...holder].flatMap(([name, value]) => {
    const outcomes = [...used].map((fields) => fields && compare(name, value, fields));
    if (outcomes.includes("contradicted")) return [`the holder's ${name} is contradicted`];
    const isSomewhere = outcomes.some((outcome) => outcome !== undefined && isShown(outcome));
    return isSomewhere ? [] : [`the holder's ${name} is undisclosed`];
  });
}

function isShown(outcome: Outcome): boolean {
  return outcome === "proven" || outcome === "spelled differently";
}

function compare(name: string, claimed: Value, fields: ReadonlyMap<string, Value>): Outcome {
  const shown = fields.get(name);
  if (shown === undefined) return "undisclosed";
  if (spell(claimed) === spell(shown)) return "proven";
  if (!NAME_FIELDS.has(name) || !saysName(claimed) || !saysName(shown)) return "contradicted";
  const comparison = compareValues([name, claimed], [name, shown]);
  return comparison === "different" ? "contradicted" : "spelled differently";
}

/** Returns whether something is left of a name to be compared. */
function saysName(value: Value): boolean {
  return typeof value === "string" && fold(value) !== "";
}

/** Writes a value so that equal ones are spelled alike: the order of members means nothing. */
function spell(value: Value): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const byName = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
  return JSON.stringify(value.map((item) => Object.entries(item).sort(byName)));
}
