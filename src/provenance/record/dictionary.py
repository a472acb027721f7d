"""The compression dictionary of payloads, version 1; this module publishes it.

A payload is a few hundred bytes of names that every payload has, and little else. The
dictionary holds those names once for all, in the order of the deposit format's tree: as
the elements of a file, with values that are common there, and as the member names of a
record's JSON. What is likely stands late, since near matches are shorter (RFC 1951 section
3.2.5).

Recorded payloads cannot be read without these very bytes, so they never change: better
ones get the next version number. `DICTIONARY` is UTF-8 text, given to zlib as the preset
dictionary (RFC 1950 section 2.2); a test pins its SHA-256.
"""

from __future__ import annotations

from typing import Final

DICTIONARY_VERSION: Final = 1

_RARE_VALUES: Final = (
    "SUPPRESSION", "CREATION", "Diplôme d'Etablissement", "Diplôme Universitaire",
    "Habilitation", "Reconnaissance", "TIERS_CONFIANCE", "A_DISTANCE", "MIXTE",
    "INSUFFISANT", "MENTION_ASSEZ_BIEN", "MENTION_BIEN", "MENTION_TRES_BIEN",
    "MENTION_TRES_BIEN_AVEC_FELICITATIONS_DU_JURY",
    "FORMATION_INITIALE_HORS_APPRENTISSAGE", "FORMATION_INITIALE_APPRENTISSAGE",
    "FORMATION_CONTINUE_CONTRAT_DE_PROFESSIONNALISATION", "EQUIVALENCE_DIPLOME_ETRANGER",
    "CANDIDAT_LIBRE", "VAE", "CONGES_VAE", "VAE_CLASSIQUE", "POLE_EMPLOI", "EMPLOYEUR",
    "AUTRE", "OF", "DEPOSITOR_REQUEST", "FRAUD", "ERROR", "OTHER", "GDPR_ART_17",
    "RETENTION_END", "COURT_ORDER", "application/xml", "text/xml", "application/json",
    '<?xml version="1.0" encoding="UTF-8"?>\n', ' xsi:nil="1"/>', "\n\t\t\t\t\t\t\t\t",
    "\r\n                ", "\n              ",
)  # fmt: skip

# Name below the passage, and a value that is common there ("" where none is).
_LEAVES: Final = (
    ("idTechnique", ""),
    ("urlPreuve", "https://"),
    ("libelleOption", ""),
    ("obtentionCertification", "PAR_ADMISSION"),
    ("donneeCertifiee", "true"),
    ("dateDebutExamen", "2025-"),
    ("dateFinExamen", "2025-"),
    ("modalitePassageExamen", "EN_PRESENTIEL"),
    ("codePostalCentreExamen", "75"),
    ("dateDebutValidite", "2026-"),
    ("dateFinValidite", "2029-"),
    ("presenceNiveauLangueEuro", "false"),
    ("niveauLangueEuropeen", "B2"),
    ("presenceNiveauNumeriqueEuro", "false"),
    ("niveauNumeriqueEuropeen.scoreGeneral", "1"),
    ("niveauNumeriqueEuropeen.resultats.resultat.niveau", ""),
    ("niveauNumeriqueEuropeen.resultats.resultat.domaineCompetenceId", "1"),
    ("niveauNumeriqueEuropeen.resultats.resultat.competenceId", "1"),
    ("scoring", ""),
    ("mentionValidee", "SANS_MENTION"),
    (
        "modalitesInscription.modaliteAcces",
        "FORMATION_CONTINUE_HORS_CONTRAT_DE_PROFESSIONNALISATION",
    ),
    ("modalitesInscription.voieAccessVAE", ""),
    ("modalitesInscription.initiativeInscription", "CERTIFIE"),
    ("modalitesInscription.dateInscription", "2025-"),
    ("identificationTitulaire.identifiantNational.nir", ""),
    ("identificationTitulaire.identifiantNational.nomNaissance", ""),
    ("identificationTitulaire.dossierFormation.idDossier", ""),
    ("identificationTitulaire.dossierFormation.nomTitulaire", ""),
    ("identificationTitulaire.dossierFormation.prenom1Titulaire", ""),
    ("identificationTitulaire.titulaire.nomNaissance", ""),
    ("identificationTitulaire.titulaire.nomUsage", ""),
    ("identificationTitulaire.titulaire.prenom1", ""),
    ("identificationTitulaire.titulaire.prenom2", ""),
    ("identificationTitulaire.titulaire.prenom3", ""),
    ("identificationTitulaire.titulaire.anneeNaissance", "19"),
    ("identificationTitulaire.titulaire.moisNaissance", "1"),
    ("identificationTitulaire.titulaire.jourNaissance", "1"),
    ("identificationTitulaire.titulaire.sexe", "F"),
    (
        "identificationTitulaire.titulaire.codeCommuneNaissance.codePostalNaissance.codePostal",
        "75",
    ),
    (
        "identificationTitulaire.titulaire.codeCommuneNaissance.codeInseeNaissance.codeInsee",
        "75",
    ),
    ("identificationTitulaire.titulaire.libelleCommuneNaissance", ""),
    ("identificationTitulaire.titulaire.codePaysNaissance", ""),
    ("identificationTitulaire.titulaire.libellePaysNaissance", "FRANCE"),
    ("identificationTitulaire.titulaire.commentairesMEN", ""),
    ("verbatim", ""),
)

_FILE_START: Final = (
    '{"file_name":"","media_type":"application/xml","size":,"id_flux":"","holes":['
    '<cpf:flux xmlns:cpf="urn:cdc:cpf:pc5:schema:1.0.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><cpf:idFlux></cpf:idFlux>'
    "<cpf:horodatage>2026-</cpf:horodatage><cpf:action></cpf:action><cpf:emetteur>"
    "<cpf:idClient></cpf:idClient><cpf:certificateurs><cpf:certificateur><cpf:idClient>"
    "</cpf:idClient><cpf:idContrat></cpf:idContrat><cpf:certifications><cpf:certification>"
    "<cpf:type>RNCP</cpf:type><cpf:code>RNCP</cpf:code>"
    "<cpf:natureDeposant>CERTIFICATEUR</cpf:natureDeposant><cpf:passageCertifications>"
    "</cpf:passageCertifications></cpf:certification></cpf:certifications>"
    "</cpf:certificateur></cpf:certificateurs></cpf:emetteur></cpf:flux>\n"
)
_RECORD_START: Final = (
    ("emetteur", ""),
    ("certificateur", ""),
    ("contrat", ""),
    ("type", "RNCP"),
    ("code", "RNCP"),
    ("natureDeposant", "CERTIFICATEUR"),
)
_RESULTS: Final = (
    '"niveauNumeriqueEuropeen.resultats":[{"niveau":,"domaineCompetenceId":"1",'
    '"competenceId":"1"}],'
)
_BINDINGS: Final = (
    '[["","urn:cdc:cpf:pc5:schema:1.0.0"],["cpf","urn:cdc:cpf:pc5:schema:1.0.0"],'
    '["xsi","http://www.w3.org/2001/XMLSchema-instance"]]'
)


def _xml() -> str:
    """Write the leaves as one passage, elements opened and closed where the tree asks."""
    text, inside = "<cpf:passageCertification>", list[str]()
    for name, value in _LEAVES:
        *groups, leaf = name.split(".")
        while inside != groups[: len(inside)]:
            text += f"</cpf:{inside.pop()}>"
        text += "".join(f"<cpf:{group}>" for group in groups[len(inside) :])
        text += f"<cpf:{leaf}>{value}</cpf:{leaf}>"
        inside = groups
    return text + ' xsi:nil="true"/></cpf:passageCertification>'


def _json() -> str:
    """Write record members one after the other: text in quotes, booleans and numbers bare."""
    members = [*_RECORD_START, *(leaf for leaf in _LEAVES if ".resultat." not in leaf[0])]
    bare = {"true", "false", "1", "19"}
    return _RESULTS + "".join(
        f'"{name}":{value},' if value in bare else f'"{name}":"{value}",'
        for name, value in members
    )


DICTIONARY: Final = "".join((*_RARE_VALUES, _FILE_START, _json(), _xml(), _BINDINGS)).encode()
"""The dictionary's bytes."""
