/**
 * Where each field of a record stands: one slot each, in tables that are only ever appended to.
 *
 * Alternatives of a choice share a slot, so that no record holds two holders. Free slots (an
 * empty list here) are for names of later schemas. The last slot of a table, and the slot of
 * `source` in that of certifications, take no name but their own. Source: docs/formats.md
 * section 5.
 */

const HOLDER = "identificationTitulaire";
const PERSON = `${HOLDER}.titulaire`;
const FILE = `${HOLDER}.dossierFormation`;
const NATIONAL = `${HOLDER}.identifiantNational`;
const BIRTH_PLACE = `${PERSON}.codeCommuneNaissance`;

/** The slots of one type of record. */
export interface SlotTable {
  /** How many slots there are, free ones among them. */
  count: number;
  /** The slot of each name. */
  slotOf: ReadonlyMap<string, number>;
  /** Slots in which no name may stand that the table does not know. */
  closed: ReadonlySet<number>;
}

function tableOf(
  count: number,
  slots: Readonly<Record<number, readonly string[]>>,
  closed: readonly number[],
): SlotTable {
  const pairs = Object.entries(slots).flatMap(([slot, names]) =>
    names.map((name) => [name, Number(slot)] as const),
  );
  return { count, slotOf: new Map(pairs), closed: new Set(closed) };
}

const CERTIFICATION = tableOf(
  64,
  {
    0: ["emetteur"],
    1: ["certificateur"],
    2: ["contrat"],
    3: ["type"],
    4: ["code"],
    5: ["natureDeposant"],
    6: ["idTechnique"],
    7: ["urlPreuve"],
    8: ["libelleOption"],
    9: ["obtentionCertification"],
    10: ["donneeCertifiee"],
    11: ["dateDebutExamen"],
    12: ["dateFinExamen"],
    13: ["modalitePassageExamen"],
    14: ["codePostalCentreExamen"],
    15: ["dateDebutValidite"],
    16: ["dateFinValidite"],
    17: ["presenceNiveauLangueEuro"],
    18: ["niveauLangueEuropeen"],
    19: ["presenceNiveauNumeriqueEuro"],
    20: ["niveauNumeriqueEuropeen.scoreGeneral"],
    21: ["niveauNumeriqueEuropeen.resultats"],
    22: ["scoring"],
    23: ["mentionValidee"],
    24: ["modalitesInscription.modaliteAcces"],
    25: ["modalitesInscription.voieAccessVAE"],
    26: ["modalitesInscription.initiativeInscription"],
    27: ["modalitesInscription.dateInscription"],
    28: [`${FILE}.idDossier`, `${PERSON}.anneeNaissance`, `${NATIONAL}.nir`],
    29: [`${FILE}.nomTitulaire`, `${PERSON}.nomNaissance`, `${NATIONAL}.nomNaissance`],
    30: [`${FILE}.prenom1Titulaire`, `${PERSON}.prenom1`],
    31: [`${PERSON}.nomUsage`],
    32: [`${PERSON}.prenom2`],
    33: [`${PERSON}.prenom3`],
    34: [`${PERSON}.moisNaissance`],
    35: [`${PERSON}.jourNaissance`],
    36: [`${PERSON}.sexe`],
    37: [
      `${BIRTH_PLACE}.codeInseeNaissance.codeInsee`,
      `${BIRTH_PLACE}.codePostalNaissance.codePostal`,
    ],
    38: [`${PERSON}.libelleCommuneNaissance`],
    39: [`${PERSON}.codePaysNaissance`],
    40: [`${PERSON}.libellePaysNaissance`],
    41: [`${PERSON}.commentairesMEN`],
    42: ["verbatim"],
    62: ["source"],
  },
  [62, 63],
);
const WITHDRAWAL = tableOf(8, { 0: ["reason"] }, [7]);
const ERASURE = tableOf(8, { 0: ["basis"], 1: ["case"] }, [7]);

const TABLES: Readonly<Record<string, SlotTable>> = {
  certification: CERTIFICATION,
  withdrawal: WITHDRAWAL,
  erasure: ERASURE,
};

/** The numbers of slots that there are, whatever the type. */
export const SLOT_COUNTS: readonly number[] = [WITHDRAWAL.count, CERTIFICATION.count];

/** Returns the table of a type of entry, null where that type commits to no record. */
export function slotsOf(type: string): SlotTable | null {
  return Object.hasOwn(TABLES, type) ? (TABLES[type] ?? null) : null;
}
