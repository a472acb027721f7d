/** What documents are called: levels, names at the top, and what is none of ours. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fits } from "../src/core/declaredname.ts";
import { type Facts, levelOf, verdictOf } from "../src/core/levels.ts";
import type { Check, Outcome, Report, Value } from "../src/core/types.ts";
import { oddityOf, shapeOf } from "../src/documents/recognise.ts";
import { signedSizes } from "../src/pdf/revisions.ts";

const CHECKS = {
  pdf: "readable attachment seal seal-coverage content seal-trust proof person holder-name",
  json: "readable document signature issuer proof agreement person holder-name",
  summary: "readable summary signature",
  bundle: "readable proof",
  unknown: "readable",
} as const;
type Kind = keyof typeof CHECKS;

/** The level of a document of which everything holds but these. */
function level(kind: Kind, outcomes: Record<string, Outcome> = {}, facts: Partial<Facts> = {}): string {
  const checks = CHECKS[kind].split(" ").map(
    (name): Check => ({ name, outcome: outcomes[name] ?? "yes", reason: "", index: null }),
  );
  const all = { kind, claimsProof: true, isSigned: true, hidesProof: false, ...facts };
  const found = levelOf(all, checks);
  const verdict = verdictOf(found, checks, { verdict: "attention" } as Report);
  return `${found} ${verdict}`;
}

test("the first level that fits is the one, and says the verdict", () => {
  assert.equal(level("pdf"), "original attention");
  assert.equal(level("pdf", { "holder-name": "n/a" }), "original attention");
  assert.equal(level("pdf", { content: "n/a" }), "refused no");
  assert.equal(level("json", { agreement: "no" }), "refused no");
  assert.equal(level("pdf", { content: "no" }), "refused no");
  assert.equal(level("pdf", { "seal-trust": "no" }), "untrusted-seal no");
  assert.equal(level("pdf", { "seal-trust": "no", content: "no" }), "refused no");
  assert.equal(level("pdf", { "seal-trust": "no", proof: "no" }), "refused no");
  assert.equal(level("json", { issuer: "no" }), "untrusted-seal no");
  assert.equal(level("pdf", { seal: "no", proof: "no" }), "modified no");
  assert.equal(level("pdf", { "seal-coverage": "no" }), "modified no");
  assert.equal(level("json", { signature: "no" }), "modified no");
  assert.equal(level("pdf", { seal: "no" }, { isSigned: false }), "not-original no");
  assert.equal(level("json", { signature: "no" }, { isSigned: false }), "not-original no");
  assert.equal(level("pdf", { seal: "no", proof: "no" }, { isSigned: false }), "refused no");
});

test("who it is about comes before how it was changed", () => {
  assert.equal(level("pdf", { seal: "no", "holder-name": "no" }), "impersonation no");
  assert.equal(level("pdf", { "seal-coverage": "no" }, { hidesProof: true }), "impersonation no");
  const unproven = { "seal-coverage": "no", proof: "no" } as const;
  assert.equal(level("pdf", unproven, { hidesProof: true }), "modified no");
  assert.equal(level("json", { person: "no", "holder-name": "n/a" }), "other-persons no");
  assert.equal(level("pdf", { seal: "no", person: "no", "holder-name": "n/a" }), "other-persons no");
});

test("a proof alone, a paper, and what holds no proof have levels of their own", () => {
  assert.equal(level("bundle"), "proof attention");
  assert.equal(level("bundle", { proof: "no" }), "refused no");
  assert.equal(level("bundle", { readable: "no", proof: "n/a" }), "refused unreadable");
  assert.equal(level("summary"), "paper attention");
  assert.equal(level("summary", { signature: "no" }), "refused no");
  for (const kind of ["pdf", "json", "unknown"] as const) {
    assert.equal(level(kind, {}, { claimsProof: false }), "no-proof unreadable");
    assert.equal(level(kind, { readable: "no" }, { claimsProof: false }), "refused unreadable");
  }
});

const HOLDER = "identificationTitulaire";

function person(birth: string, usage: string | null, ...first: string[]): Map<string, Value> {
  const names = first.map((one, at): [string, Value] => [`${HOLDER}.titulaire.prenom${at + 1}`, one]);
  return new Map<string, Value>([
    [`${HOLDER}.titulaire.nomNaissance`, birth],
    [`${HOLDER}.titulaire.nomUsage`, usage],
    ...names,
  ]);
}

test("a name at the top is made of proven names, and of nothing else", () => {
  const zoe = person("Le Goff", "Martin", "Zoé Marie", "Anne-Laure");
  for (const name of [
    "Zoé Le Goff",
    "LE GOFF Zoé Marie",
    "Marie Le Goff",
    "Zoe MARTIN",
    "Anne Laure Martin",
    "Zoé Le Goff-Martin",
    "Martin, Le Goff, Anne-Laure, Zoé",
  ]) {
    assert.ok(fits(name, zoe), name);
  }
  for (const name of [
    "",
    "Le Goff",
    "Zoé",
    "Zoé Goff",
    "Anne Le Goff",
    "Zoé Zoé Le Goff",
    "Dr Zoé Le Goff",
    "Zoé LeGoff",
    `Zoé Le Goff${" ".repeat(1000)}`,
  ]) {
    assert.ok(!fits(name, zoe), name);
  }
  assert.ok(!fits("Zoé Martin Martin", person("Martin", null, "Zoé")));
  assert.ok(fits("Martin Martin", person("Martin", null, "Martin")));
  assert.ok(!fits("Martin", person("Martin", null, "Martin")));
  const surname = new Map<string, Value>([
    [`${HOLDER}.identifiantNational.nomNaissance`, "MARTIN"],
  ]);
  assert.ok(fits("Zoé Martin", surname));
  assert.ok(!fits("Zoé Le Goff", surname));
  const file = new Map<string, Value>([
    [`${HOLDER}.dossierFormation.nomTitulaire`, "NGUYỄN"],
    [`${HOLDER}.dossierFormation.prenom1Titulaire`, "Zoé"],
  ]);
  assert.ok(fits("Zoe Nguyen", file));
});

const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));

test("what people hand in by mistake is named", () => {
  const bundle = '{"format":"provenance-proof/1"';
  const shapes: [string, string][] = [
    ["%PDF-1.7", "pdf"],
    ["\x89PNG\r\n\x1a\n", "picture"],
    ["\xff\xd8\xff", "picture"],
    ["PROV1:A", "summary"],
    [bundle, "bundle"],
    [` ${bundle}`, "json"],
    ["\r\n\t {", "json"],
    ["", "other"],
    [`\xef\xbb\xbf${bundle}`, "other"],
  ];
  for (const [text, shape] of shapes) assert.equal(shapeOf(bytes(text)), shape, text);
  const oddities: [string, string][] = [
    [`\xef\xbb\xbf${bundle}`, "mark"],
    ["\xff\xfe{\0", "utf-16"],
    ["\xfe\xff\0{", "utf-16"],
    ["PK\x03\x04....proof.json", "zip"],
    ["PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "workbook"],
    ["PK\x03\x04....[Content_Types].xml....word/document.xml", "office"],
    ["\xd0\xcf\x11\xe0", "office"],
    ["\x1f\x8b\x08", "gzip"],
    ["RIFF....WEBPVP8", "picture"],
    ["....ftypheic", "picture"],
    ['<?xml version="1.0"?>', "xml"],
    ["<!DOCTYPE html>", "xml"],
    ["nom;code\nX;RNCP1\nY;RNCP2\n", "table"],
    ["a text of somebody,\nwhich is no table\n", "other"],
    ["", "other"],
  ];
  for (const [text, oddity] of oddities) assert.equal(oddityOf(bytes(text)), oddity, text);
});

test("the last four signed revisions are found, the newest first", () => {
  const file = (...ranges: string[]) =>
    bytes(`%PDF-${ranges.map((one) => `/ByteRange${one}`).join(" ")}${" ".repeat(5000)}`);
  assert.deepEqual(signedSizes(file("[0 1 2 3]", " [ 0 1\n4 5 ]")), [9, 5]);
  const many = [10, 20, 30, 40, 50].map((size) => `[0 1 ${size} 1]`);
  assert.deepEqual(signedSizes(file(...many)), [51, 41, 31, 21]);
  for (const odd of ["[1 1 2 3]", "[0 1 2]", "[0 1 2 3 4]", "[0 1 2 -3]", "[0 1 2 99999]", "(0 1 2 3)"]) {
    assert.deepEqual(signedSizes(file(odd)), [], odd);
  }
});
