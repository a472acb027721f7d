/** Records in slots: each field at its place, one value and one holder an entry. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toHex } from "../src/core/bytes.ts";
import { readRecord } from "../src/core/commitment.ts";
import { checkDisclosed } from "../src/core/disclosure.ts";
import { type SlotTable, slotsOf } from "../src/core/slots.ts";
import type { Value } from "../src/core/types.ts";

declare const TEST_FOLDER: string;
const FORMATS = readFileSync(join(TEST_FOLDER, "../../docs/formats.md"), "utf8");
const TITULAIRE = "identificationTitulaire.titulaire";

function table(type: string): SlotTable {
  return slotsOf(type) ?? assert.fail(type);
}

const CERTIFICATION = table("certification");

function disclose(name: string, value: Value): string {
  const salt = randomBytes(18).toString("base64url");
  return Buffer.from(JSON.stringify([salt, name, value])).toString("base64url");
}

/** A record of these disclosures, all other slots hidden. */
function recordOf(places: Record<number, string>, count = 64): string[] {
  return Array.from(
    { length: count },
    (_, slot) => places[slot] ?? randomBytes(32).toString("base64url"),
  );
}

const refuses = (record: string[], of = CERTIFICATION) => assert.throws(() => readRecord(record, of));

test("the tables are those of the text, line for line", () => {
  const blocks = [...FORMATS.matchAll(/```text\n((?: ?\d+ {2}[A-Za-z].*\n)+)```/g)].map(([, one]) =>
    one!
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(/ {2}/))
      .map(([slot, name]) => [name!, Number(slot)] as const),
  );
  const [certification, withdrawal, erasure] = blocks;
  assert.equal(certification?.length, 50);
  assert.deepEqual(new Map(certification), CERTIFICATION.slotOf);
  assert.deepEqual(new Map(withdrawal), table("withdrawal").slotOf);
  assert.deepEqual(new Map(erasure), table("erasure").slotOf);
  for (const type of ["deposit", "status", "constructor"]) assert.equal(slotsOf(type), null);
});

test("the commitment is over all slots, in their order", () => {
  const code = disclose("code", "RNCP1");
  const record = recordOf({ 4: code });
  const { commitment, shown } = readRecord(record, CERTIFICATION);
  const digest = createHash("sha256").update("provenance/commitment/v1\n");
  for (const [slot, text] of record.entries()) {
    digest.update(slot === 4 ? createHash("sha256").update(text).digest() : Buffer.from(text, "base64url"));
  }
  assert.equal(toHex(commitment), digest.digest("hex"));
  assert.deepEqual([...shown.fields], [["code", "RNCP1"]]);
});

test("every name is taken in its own slot, and in no other", () => {
  for (const [name, own] of CERTIFICATION.slotOf) {
    for (let slot = 0; slot < CERTIFICATION.count; slot++) {
      const record = recordOf({ [slot]: disclose(name, "x") });
      if (slot === own) assert.ok(readRecord(record, CERTIFICATION).shown.fields.has(name));
      else refuses(record);
    }
  }
});

test("an unknown name is counted in every slot but the closed ones", () => {
  for (const type of ["certification", "withdrawal", "erasure"]) {
    const of = table(type);
    for (let slot = 0; slot < of.count; slot++) {
      const record = recordOf({ [slot]: disclose("passeport.numero", 7) }, of.count);
      if (of.closed.has(slot)) refuses(record, of);
      else assert.deepEqual(readRecord(record, of).shown, { fields: new Map(), unknown: 1 });
    }
  }
  assert.deepEqual([...CERTIFICATION.closed], [62, 63]);
  refuses(recordOf({ 43: disclose("libre", 1), 44: disclose("libre", 1) }));
});

test("lists of another length and strings in another spelling are refused", () => {
  refuses(recordOf({ 4: disclose("code", "x") }, 8));
  refuses(recordOf({ 0: disclose("reason", "x") }, 64), table("withdrawal"));
  const code = disclose("code", "x");
  const padded = `${code.slice(0, -1)}=`;
  const spaced = Buffer.from('["AAAAAAAAAAAAAAAAAAAAAAAA", "code","x"]').toString("base64url");
  const short = Buffer.from('["AAAA","code","x"]').toString("base64url");
  for (const text of [padded, spaced, short, "", "*", `${"A".repeat(42)}B`]) {
    refuses(recordOf({ 4: text }));
  }
});

test("of one entry, no two values of a name and no two holders verify", () => {
  const values: Value[] = ["RNCP1", "RNCP2", true, null, 1, "1", []];
  const names = [...CERTIFICATION.slotOf];
  for (let round = 0; round < 400; round++) {
    const [name, slot] = names[round % names.length] ?? assert.fail();
    const record = recordOf({ [slot]: disclose(name, values[round % values.length] ?? null) });
    const { commitment } = readRecord(record, CERTIFICATION);
    // Whatever else is put there, be it of this name or of another holder's, is another entry.
    for (const [other, place] of names.filter(([, place]) => place === slot)) {
      const value = values[(round + 1) % values.length] ?? null;
      const forced = record.with(place, disclose(other, value));
      assert.notDeepEqual(readRecord(forced, CERTIFICATION).commitment, commitment);
    }
  }
});

const SOURCE_LIST = [
  "emetteur certificateur contrat type code idTechnique obtentionCertification donneeCertifiee",
  "dateDebutValidite dateFinValidite presenceNiveauLangueEuro presenceNiveauNumeriqueEuro",
  "scoring mentionValidee modalitesInscription.modaliteAcces source",
]
  .join(" ")
  .split(" ");
const PERSON = "nomNaissance nomUsage prenom1 anneeNaissance moisNaissance jourNaissance sexe"
  .split(" ")
  .map((name) => `${TITULAIRE}.${name}`);
const PLACES = ["codeInseeNaissance.codeInsee", "codePostalNaissance.codePostal"].map(
  (name) => `${TITULAIRE}.codeCommuneNaissance.${name}`,
);
const FILE = ["idDossier", "nomTitulaire", "prenom1Titulaire"].map(
  (name) => `identificationTitulaire.dossierFormation.${name}`,
);
const fields = (names: readonly string[]) => new Map(names.map((name): [string, Value] => [name, "x"]));

test("the source is shown beside all that it could tell, and not beside one less", () => {
  const wholes = [[...PERSON, PLACES[0]!], [...PERSON, PLACES[1]!], FILE];
  for (const whole of wholes) {
    const all = [...SOURCE_LIST, ...whole];
    checkDisclosed(fields(all));
    for (const name of all.filter((one) => one !== "source")) {
      assert.throws(() => checkDisclosed(fields(all.filter((one) => one !== name))), name);
    }
  }
  const national = "identificationTitulaire.identifiantNational.nomNaissance";
  assert.throws(() => checkDisclosed(fields([...SOURCE_LIST, national])));
});

test("no national number, no level without its flag, no two alternatives", () => {
  checkDisclosed(fields(["niveauLangueEuropeen", "presenceNiveauLangueEuro", ...FILE]));
  for (const names of [
    ["identificationTitulaire.identifiantNational.nir"],
    ["niveauLangueEuropeen", "presenceNiveauNumeriqueEuro"],
    ["niveauNumeriqueEuropeen.scoreGeneral"],
    ["niveauNumeriqueEuropeen.resultats"],
    [FILE[1]!, `${TITULAIRE}.moisNaissance`],
    [FILE[1]!, "identificationTitulaire.identifiantNational.nomNaissance"],
  ]) {
    assert.throws(() => checkDisclosed(fields(names)), names.join());
  }
});
