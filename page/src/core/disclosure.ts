/**
 * What may be shown of a record, and beside what.
 *
 * Names that the slot tables do not know are not looked at here. Source: docs/formats.md
 * sections 8 and 21.
 */

import { NEVER_DISCLOSED, SOURCE } from "./commitment.ts";
import { VerificationError } from "./errors.ts";
import { flagOf } from "./showing.ts";
import type { Value } from "./types.ts";

const HOLDER = "identificationTitulaire";
const PERSON = `${HOLDER}.titulaire`;
const BIRTH_PLACE = `${PERSON}.codeCommuneNaissance`;

/** What `source` is shown beside, besides a whole identity; the list never grows. */
const BESIDE_SOURCE = [
  "emetteur",
  "certificateur",
  "contrat",
  "type",
  "code",
  "idTechnique",
  "obtentionCertification",
  "donneeCertifiee",
  "dateDebutValidite",
  "dateFinValidite",
  "presenceNiveauLangueEuro",
  "presenceNiveauNumeriqueEuro",
  "scoring",
  "mentionValidee",
  "modalitesInscription.modaliteAcces",
];
const WHOLE_FILE = ["idDossier", "nomTitulaire", "prenom1Titulaire"].map(
  (name) => `${HOLDER}.dossierFormation.${name}`,
);
const WHOLE_PERSON = [
  "nomNaissance",
  "nomUsage",
  "prenom1",
  "anneeNaissance",
  "moisNaissance",
  "jourNaissance",
  "sexe",
].map((name) => `${PERSON}.${name}`);
/** One of these belongs to a whole person. */
const WHOLE_PLACE = [
  `${BIRTH_PLACE}.codeInseeNaissance.codeInsee`,
  `${BIRTH_PLACE}.codePostalNaissance.codePostal`,
];
/** What the names of each alternative begin with; a record has those of one of them. */
const ALTERNATIVES = [
  `${HOLDER}.dossierFormation.`,
  `${PERSON}.`,
  `${HOLDER}.identifiantNational.`,
];

/** Checks the fields that are shown of one record; throws `VerificationError`. */
export function checkDisclosed(fields: ReadonlyMap<string, Value>): void {
  if (fields.has(NEVER_DISCLOSED)) {
    throw new VerificationError("a field is shown that no proof may show");
  }
  if (fields.has(SOURCE) && !maySource(fields)) {
    throw new VerificationError(`${SOURCE} is shown while a compulsory field is hidden`);
  }
  const names = [...fields.keys()];
  if (!names.map(flagOf).every((flag) => flag === null || fields.has(flag))) {
    throw new VerificationError("a level is shown without the flag that goes with it");
  }
  const followed = ALTERNATIVES.filter((start) => names.some((name) => name.startsWith(start)));
  if (followed.length > 1) {
    throw new VerificationError("fields of two alternatives are shown, and a record has one");
  }
}

/** Returns whether no hidden field of a record could be guessed from its `source`. */
function maySource(fields: ReadonlyMap<string, Value>): boolean {
  const has = (name: string) => fields.has(name);
  const isPerson = WHOLE_PERSON.every(has) && WHOLE_PLACE.some(has);
  return BESIDE_SOURCE.every(has) && (WHOLE_FILE.every(has) || isPerson);
}
