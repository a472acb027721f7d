/** What a line of a CV shows of a record. Source: docs/formats.md section 8. */

const HOLDER = "identificationTitulaire";

/** What a positive line needs disclosed, besides one whole identity. */
export const LINE_FIELDS = [
  "certificateur",
  "type",
  "code",
  "donneeCertifiee",
  "dateDebutValidite",
  "dateFinValidite",
] as const;

export const BIRTH_NAME = `${HOLDER}.titulaire.nomNaissance`;
export const FIRST_NAME = `${HOLDER}.titulaire.prenom1`;
export const NATIONAL_NAME = `${HOLDER}.identifiantNational.nomNaissance`;
export const FILE_NAME = `${HOLDER}.dossierFormation.nomTitulaire`;
export const FILE_FIRST_NAME = `${HOLDER}.dossierFormation.prenom1Titulaire`;
/** Year, month and day of birth. */
export const BIRTH_DATE = ["annee", "mois", "jour"].map(
  (part) => `${HOLDER}.titulaire.${part}Naissance`,
);

/** The fields of each kind of identity that a holder may be shown by, a name first. */
export const IDENTITY_GROUPS: readonly (readonly [kind: string, names: readonly string[]])[] = [
  ["titulaire", [BIRTH_NAME, FIRST_NAME, ...BIRTH_DATE]],
  ["dossier", [FILE_NAME, FILE_FIRST_NAME]],
  ["national", [NATIONAL_NAME]],
];

/** Fields whose value is a name of the holder. */
export const NAME_FIELDS = new Set([
  BIRTH_NAME,
  FIRST_NAME,
  NATIONAL_NAME,
  FILE_NAME,
  FILE_FIRST_NAME,
]);

const FLAGS = new Map([
  ["niveauLangueEuropeen", "presenceNiveauLangueEuro"],
  ["niveauNumeriqueEuropeen", "presenceNiveauNumeriqueEuro"],
]);

/** Names the flag that goes with a level, or null where `name` is no level. */
export function flagOf(name: string): string | null {
  return FLAGS.get(name.split(".", 1)[0] ?? "") ?? null;
}
