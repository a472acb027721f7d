import type { Reason } from "../core/index.ts";
import type { Oddity } from "../documents/recognise.ts";
import type { Headline } from "./judge.ts";

const plural = (count: number, one: string, many: string): string =>
  `${count} ${count > 1 ? many : one}`;

export const french = {
  title: "Vérifier un CV",
  skip: "Aller à la vérification",
  language: "Langue",
  lead: "Le document est-il celui qui a été scellé ? Les certifications sont-elles au registre, et toujours en vigueur ? La réponse en quelques secondes.",
  privacy: "Rien n’est envoyé : le calcul se fait dans votre navigateur, même hors ligne.",
  drop: "Déposez le CV ici",
  choose: "Choisir un fichier",
  accepts: "PDF, CV en JSON, preuve, ou photo du code QR imprimé",
  paste: "Coller le texte d’un code QR",
  pasteLabel: "Texte lu par votre lecteur de codes QR (il commence par PROV1:)",
  pasteCheck: "Vérifier ce texte",
  working: "Vérification en cours…",
  done: (headline: string) => `Vérification terminée : ${headline}`,
  another: "Vérifier un autre document",
  print: "Imprimer le relevé",
  save: "Enregistrer le rapport (JSON)",
  statement: "Relevé de vérification",
  trust: {
    title: "À qui cette page fait confiance",
    builtIn: (origin: string) =>
      `Registre ${origin}, inscrit dans cette page par celui qui l’a publiée.`,
    loaded: (origin: string) => `Registre ${origin}, d’après le fichier que vous avez choisi.`,
    none: "Cette page ne connaît aucun registre : donnez-lui la politique de confiance de l’opérateur, obtenue par une autre voie que le CV.",
    noSeals: "Elle ne connaît aucun sceau : un PDF scellé sera donc dit « sceau non reconnu ».",
    seals: (seals: number, tsas: number) =>
      `${plural(seals, "certificat de sceau", "certificats de sceau")}, ${plural(tsas, "autorité d’horodatage", "autorités d’horodatage")}.`,
    policy: "Politique de confiance",
    roots: "Racines des sceaux (facultatif)",
    bad: (reason: string) => `Ce fichier n’est pas utilisable : ${reason}`,
    noText: "ce n’est pas un texte",
    missing: "Choisissez d’abord la politique de confiance.",
    use: "Utiliser ces fichiers",
    show: "Voir les clés",
    replace: "Utiliser d’autres fichiers de confiance",
  },
  errors: {
    tooLarge: (mebibytes: number) =>
      `Ce fichier est trop grand (plus de ${mebibytes} Mio). Il n’a pas été lu.`,
    empty: "Ce fichier est vide.",
    unreadable: "Ce fichier n’a pas pu être lu.",
    timeout:
      "La vérification a été arrêtée : ce document demande trop de calcul. Rien n’est prouvé.",
    crashed: "La vérification s’est interrompue sur ce document. Rien n’est prouvé.",
    many: "Un document à la fois, s’il vous plaît. Rien n’a été lu.",
    insecure:
      "Ouvrez cette page par https, ou depuis votre disque : ici, le navigateur ne lui permet pas de vérifier.",
    noTrust: "Donnez d’abord une politique de confiance.",
  },
  headlines: {
    original: "Document intact, certifications prouvées",
    originalJson: "CV signé intact, certifications prouvées",
    originalBundle: "Certifications prouvées",
    attention: "Inscrit au registre, avec des réserves",
    noneInForce: "Aucune certification n’est plus en vigueur",
    tiedToNobody: "Une certification n’est liée à personne",
    persons: "Des certifications de plusieurs personnes",
    paper: "À comparer avec le papier",
    notOriginal: "Ce fichier n’est pas l’original",
    modified: "Fichier modifié après la signature",
    recoverable: "Fichier modifié : la version signée est intacte à l’intérieur",
    untrusted: "Sceau non reconnu",
    impersonation: "Le nom du document n’est pas celui de la preuve",
    claims: "Le CV affirme ce que sa preuve ne montre pas",
    active: "Ce fichier peut changer ce qu’il affiche",
    refused: "Rien n’est prouvé",
    noProof: "Ce document ne contient pas de preuve",
    asItIs: "Ce fichier ne peut pas être lu tel quel",
    unreadable: "Ce document ne peut pas être lu",
  },
  explanations: {
    original:
      "Le document n’a pas changé d’un octet depuis son sceau, et chaque certification est au registre.",
    originalJson:
      "Le CV n’a pas changé depuis sa signature, et chaque certification est au registre.",
    originalBundle:
      "C’est une preuve seule : elle établit les certifications ci-dessous, et ne dit rien d’un CV qui l’accompagnerait.",
    attention:
      "Les certifications sont au registre comme montré ci-dessous ; lisez la réserve à côté de chacune avant de vous y fier.",
    noneInForce:
      "Les certifications ont été inscrites au registre, mais elles ont pris fin, ou ont été retirées, remplacées ou effacées.",
    tiedToNobody:
      "La preuve ne montre pas à qui appartient au moins une certification : elle peut être celle de n’importe qui.",
    persons:
      "La preuve réunit des certifications de personnes différentes. Demandez à chacun sa propre preuve.",
    paper:
      "Ce que contient le code QR est signé par l’opérateur. Le papier autour ne l’est pas, et un code se recopie : si une seule ligne diffère de celles ci-dessous, ne vous fiez pas au papier.",
    notOriginal:
      "La preuve jointe est vraie, mais le document a été réenregistré ou n’a jamais été scellé : son texte peut dire autre chose qu’elle. Demandez le fichier d’origine.",
    modified:
      "Des octets ont été changés ou ajoutés depuis la signature ; cela ne dit ni par qui, ni pourquoi. Demandez le fichier d’origine.",
    recoverable:
      "Quelque chose a été ajouté après la signature, par exemple une annotation. Vous pouvez récupérer la version signée, qui est l’original.",
    untrusted:
      "La preuve jointe est vraie, mais le document est scellé par quelqu’un que cette page ne connaît pas. Ne vous fiez pas à ce qu’il dit.",
    impersonation:
      "La preuve jointe est vraie, mais elle est celle d’une autre personne ou d’un autre document. Ne vous fiez pas à ce que dit le document.",
    claims:
      "La preuve jointe est vraie, mais une ligne du CV dit autre chose qu’elle. Ne retenez que les certifications ci-dessous.",
    active:
      "Il contient des actions, des champs ou d’autres contenus actifs : il peut montrer autre chose demain sans qu’un octet ait changé. Ne retenez que les certifications ci-dessous.",
    refused:
      "Ce document ne contient pas de preuve valide. Ne tenez rien de ce qu’il dit pour vérifié.",
    noProof:
      "C’est le cas de la plupart des CV : cela ne dit rien de sa sincérité. S’il devait en contenir une, demandez le fichier PDF d’origine.",
    asItIs: "Il n’est ni un PDF, ni un CV en JSON, ni une preuve, ni l’image d’un seul code QR.",
    unreadable:
      "Il est abîmé, protégé par un mot de passe, ou trop grand. La raison exacte est dans les détails techniques.",
  } as Readonly<Record<Headline, string>>,
  oddities: {
    mark: "Il commence par une marque d’ordre des octets (BOM) : un éditeur de texte l’a ajoutée. Enregistrez-le sans elle, ou demandez le fichier d’origine.",
    "utf-16": "C’est un texte en UTF-16 : enregistrez-le en UTF-8 sans marque, ou demandez le fichier d’origine.",
    workbook: "C’est un classeur Excel, qui ne contient pas de preuve : demandez le fichier PDF du CV.",
    office: "C’est un document bureautique, qui ne contient pas de preuve : demandez le fichier PDF du CV.",
    zip: "C’est une archive ZIP : décompressez-la, puis vérifiez le fichier qu’elle contient.",
    gzip: "C’est un fichier compressé (gzip) : décompressez-le, puis vérifiez-le.",
    picture: "C’est une image d’un format que cette page ne lit pas : donnez-la en PNG ou en JPEG.",
    codes: "Il y a plusieurs codes QR de CV dans cette image : photographiez-en un seul.",
    "no-code": "Aucun code QR de CV n’a pu être lu dans cette image : rapprochez-vous, à plat et sans ombre.",
    xml: "C’est du XML ou une page web, qui ne contient pas de preuve : demandez le fichier PDF du CV.",
    table: "C’est un tableau (CSV), qui ne contient pas de preuve : demandez le fichier PDF du CV.",
    other: null,
  } as Readonly<Record<Oddity, string | null>>,
  outOf: (count: number, total: number, reason: string) =>
    total === 1 ? reason : `${count} sur ${total} : ${reason}`,
  questions: {
    document: "Ce document est-il tel qu’il a été scellé ?",
    proof: "Les certifications sont-elles au registre, non modifiées ?",
    status: "Sont-elles en vigueur ?",
  },
  answers: {
    yes: "Oui",
    no: "Non",
    unknown: "On ne peut pas le dire",
    warn: "Attention",
    notSealed: "Pas de sceau",
    notTrusted: "Sceau non reconnu",
    compare: "Signé, à comparer",
  },
  document: {
    asSealed: (by: string | null) => `Scellé par ${by ?? "un certificat reconnu"}.`,
    signed: (by: string | null) => `Signé par ${by ?? "un émetteur reconnu"}.`,
    at: (time: string, stamped: boolean) =>
      `${time}, ${stamped ? "horodaté par un tiers" : "selon l’horloge du signataire"}.`,
    notSealed: "Aucun sceau : rien ne dit que ce texte est celui qui a été émis.",
    altered: "Il a été modifié après avoir été scellé, ou son sceau est brisé.",
    untrusted: "Son sceau ne mène à aucun certificat que cette page connaisse.",
    notProvable: "Une preuve seule ne dit rien du document qui l’accompagne.",
    paper: "Le papier n’est pas protégé : seul le contenu du code QR est signé.",
    unreadable: "Il ne peut pas être lu.",
    active: "Il contient des contenus actifs, qui peuvent changer ce qu’il affiche.",
    otherName: "Le nom inscrit dans le document n’est pas celui que montre la preuve.",
    hidden: "La version signée à l’intérieur porte une autre preuve.",
  },
  proof: {
    yes: (count: number, origin: string) =>
      `${plural(count, "certification inscrite", "certifications inscrites")} au registre ${origin}, exactement comme montré ci-dessous.`,
    summary: (count: number, origin: string) =>
      `${plural(count, "certification", "certifications")}, selon le résumé signé par l’opérateur du registre ${origin} ; le registre lui-même n’est pas montré.`,
    persons: "Lisez à qui appartient chacune : la preuve ne les lie pas toutes à une même personne.",
    onBehalf: (count: number) =>
      `${plural(count, "a été déposée", "ont été déposées")} par un autre que le certificateur nommé, qui n’a pas signé.`,
    no: "La preuve ne tient pas.",
    none: "Aucune preuve n’a pu être vérifiée.",
    witnesses: (count: number) =>
      plural(
        count,
        "témoin indépendant a contresigné le registre.",
        "témoins indépendants ont contresigné le registre.",
      ),
    failing: "Ce qui ne tient pas :",
  },
  status: {
    none: "Sans preuve valide, aucun statut n’est connu.",
    asOf: (day: string, days: number) =>
      `Selon l’état du registre au ${day}${days > 0 ? ` (il y a ${plural(days, "jour", "jours")})` : ""}.`,
    old: "Ce qui a changé depuis n’est pas visible ici : demandez une preuve plus récente.",
    later: "Ce qui a pu changer depuis n’est pas visible ici.",
    counts: {
      "in force": "en vigueur",
      superseded: "remplacée(s)",
      withdrawn: "retirée(s)",
      erased: "effacée(s)",
      unknown: "au statut inconnu",
      expired: "expirée(s)",
      "not-yet-valid": "pas encore valable(s)",
      provisional: "provisoire(s)",
    },
    words: {
      "in force": "En vigueur",
      superseded: "Remplacée",
      withdrawn: "Retirée",
      erased: "Effacée",
      unknown: "Statut inconnu",
      expired: "Expirée",
      "not-yet-valid": "Pas encore valable",
      provisional: "Provisoire",
    },
  },
  reasons: {
    incomplete: "la preuve ne montre pas tout ce qu’une ligne de CV demande",
    "no-identity": "aucune identité n’est montrée, elle n’est liée à personne",
    "name-only": "seul un nom de famille est montré, cela ne la lie à personne",
    provisional: "provisoire, une certification définitive doit suivre",
    withdrawn: "retirée par celui qui l’a déposée, ou par l’opérateur",
    superseded: "remplacée par une certification plus récente",
    erased: "effacée du registre",
    "status-unknown": "on ne sait pas si elle a été retirée depuis",
    "status-old": "son statut n’est pas d’aujourd’hui, demandez une preuve plus récente",
    expired: "expirée",
    "not-yet-valid": "pas encore valable",
    "date-unknown": "on ne sait pas si elle est valable aujourd’hui",
    "other-person": "d’une autre personne que d’autres montrées ici",
    "person-unsettled": "on ne peut pas dire si elle est de la même personne que les autres",
  } as Readonly<Record<Reason, string>>,
  guaranteed: "Données garanties",
  guaranteedLead:
    "Prouvées par le registre. Elles viennent de la preuve, jamais du texte du document : une certification qui n’est pas dans cette liste n’est pas prouvée.",
  held: "Ce que le registre contient",
  heldLead:
    "Voici ce que montre la preuve, et rien d’autre du document n’est prouvé : lisez à qui appartient chaque certification, et la réserve à côté d’elle.",
  signed: "Ce que l’opérateur a signé",
  signedLead:
    "Voici le contenu du code QR, à comparer ligne à ligne avec le papier. Il est signé, non prouvé par le registre.",
  declared: "Données déclarées",
  declaredSealed:
    "Tout le reste du document (expériences, textes, photo…) est déclaré par le candidat. Le sceau montre que rien n’a changé, pas que c’est vrai.",
  declaredOpen:
    "Tout le reste du document est déclaré par le candidat, et rien n’empêche qu’il ait été changé.",
  holder: "Titulaire",
  holderCompare: "Comparez ce nom à celui du CV et à une pièce d’identité.",
  holders: "Les identités montrées ne sont pas d’une même personne.",
  holderUnsettled:
    "La preuve ne montre pas assez pour dire si tout appartient à une même personne.",
  born: (day: string) => `naissance : ${day}`,
  usage: (name: string) => `nom d’usage : ${name}`,
  surname: "Un nom de famille seul",
  surnameHint: "Ce nom est porté par beaucoup de gens : il ne lie la certification à personne.",
  nobody: "Liée à personne",
  nobodyHint:
    "Aucune identité n’est montrée : ces certifications peuvent être celles de n’importe qui.",
  card: {
    certifier: "Certificateur",
    unnamed: "nom inconnu du registre",
    awarded: "Obtenue le",
    ends: "Valable jusqu’au",
    noEnd: "sans limite",
    level: "Niveau",
    asOf: (day: string) => `au ${day}`,
    changed: (day: string) => `le ${day}`,
    notCertified: "Donnée non certifiée par le déposant",
    lacks: (names: string) => `Il manque : ${names}.`,
    unknownFields: (count: number) =>
      `${plural(count, "champ montré que cette page ne connaît pas", "champs montrés que cette page ne connaît pas")}.`,
    future: "L’heure d’inscription est dans le futur : une des horloges est fausse.",
    titleSource: (day: string) => `intitulé du registre national au ${day}`,
    titleSigned: "intitulé signé par l’opérateur",
    registerLevel: "Niveau de qualification",
    origin: "Origine",
    byItself: (who: string) => `Déposée par le certificateur lui-même, ${who}.`,
    onBehalf: (who: string, whom: string) => `Déposée par ${who} pour le compte de ${whom}.`,
    byDepositor: (who: string) => `Déposée par ${who} ; le certificateur n’est pas montré.`,
    certifierSilent: (whom: string) => `${whom} n’a pas signé.`,
    notSigned: (who: string) =>
      `Aucune signature de ${who} n’est montrée : l’origine repose sur la parole de l’opérateur.`,
    keys: {
      registered: (who: string) =>
        `${who} l’a signée, avec des clés inscrites au registre par l’opérateur.`,
      changed: (who: string) =>
        `${who} l’a signée, avec des clés qu’il a lui-même remplacées.`,
      reset: (who: string) =>
        `Signée au nom de ${who}, mais avec des clés que l’opérateur a mises à la place des siennes.`,
    },
    unlimited: (who: string) =>
      `${who} n’est pas limité à certains certificateurs : il peut déposer pour tous.`,
    register: "Intitulé sur francecompetences.fr",
    more: "Détails de la preuve",
    entry: "Numéro au registre",
    recorded: "Inscrite le",
    registrations: "Inscriptions du déposant et du certificateur",
    changedBy: "Statut changé par l’entrée",
    kinds: { RNCP: "Répertoire national (RNCP)", RS: "Répertoire spécifique (RS)" } as Readonly<
      Record<string, string>
    >,
  },
  limits: {
    title: "Ce qui n’est pas prouvé",
    items: [
      "Que celui qui vous remet ce CV en est le titulaire : vérifiez son identité.",
      "Que ce que le certificateur atteste est exact : le registre prouve qui l’a déposé, quand, et que rien n’a changé depuis.",
      "Que le certificateur nommé l’a confirmé, sauf là où il est dit qu’il a signé.",
      "Que la personne n’a pas d’autres certifications : une preuve montre ce que l’on a choisi de montrer.",
      "Ce qui s’est passé après la date du statut.",
    ],
  },
  details: {
    title: "Détails techniques",
    checks: "Contrôles du document",
    inner: "Contrôles de la preuve",
    check: "Contrôle",
    outcome: "Résultat",
    reason: "Raison (en anglais)",
    outcomes: { yes: "oui", no: "non", "n/a": "sans objet" },
    file: "Fichier",
    size: "Taille",
    bytes: (count: string) => `${count} octets`,
    hash: "SHA-256 du fichier",
    verifiedAt: "Vérifié le",
    byClock: "d’après l’horloge de cet appareil",
    origin: "Registre",
    logSize: "Taille du registre",
    root: "Racine",
    witnesses: "Témoins",
    later: "Point de contrôle ultérieur",
    pasted: "texte collé",
  },
  recover: {
    title: "La version signée est là",
    text: "Le début de ce fichier est le document tel qu’il a été scellé ; il vient d’être vérifié comme original. Enregistrez-le, et vérifiez-le ici pour lire ce qu’il prouve.",
    button: "Récupérer la version signée",
    suffix: "version-signee",
  },
  refresh: {
    title: "Statut plus récent ?",
    text: (host: string) =>
      `Sur demande seulement, la page peut lire le registre publié sur ${host}. Ce site verra votre adresse et les parties du registre demandées, jamais le document.`,
    button: "Demander le statut d’aujourd’hui",
    working: "Lecture du registre publié…",
    done: "Le statut ci-dessus est celui du dernier état publié du registre.",
    failed: (reason: string) =>
      `Le registre publié n’a pas pu être utilisé (${reason}). La réponse ci-dessus reste celle de la preuve.`,
  },
  operator: {
    contact: "Contact :",
    accessibility: "Déclaration d’accessibilité",
  },
  footer:
    "Les certificats, clés et formats sont décrits dans la documentation du projet provenance.",
  licences: "Licences des composants",
  checkNames: {
    readable: "Lisible",
    attachment: "Une preuve est jointe",
    seal: "Le sceau est intact",
    "seal-coverage": "Le sceau couvre tout le document",
    content: "Aucun contenu actif",
    "seal-trust": "Le sceau est reconnu",
    proof: "La preuve est valide",
    person: "Pas de personnes différentes",
    "holder-name": "Le nom est celui de la preuve",
    document: "Forme du CV",
    signature: "La signature tient",
    issuer: "L’émetteur est reconnu",
    agreement: "Le CV ne dit rien de plus que la preuve",
    summary: "Forme du résumé",
    format: "Forme de la preuve",
    origin: "Registre connu",
    checkpoint: "Registre signé",
    quorum: "Témoins suffisants",
    later: "État ultérieur",
    entry: "Forme des entrées",
    order: "Ordre des entrées",
    inclusion: "Présence au registre",
    genesis: "Première entrée",
    "entry-key": "Clé des entrées",
    "entry-signature": "Signature des entrées",
    certification: "Certifications montrées",
    commitment: "Contenu conforme",
    "disclosure-rules": "Règles de divulgation",
    depositor: "Droits du déposant",
    endorsement: "Signature du déposant",
    status: "Statut",
    register: "Intitulés du registre national",
    timestamp: "Horodatage",
    freshness: "Fraîcheur",
  } as Readonly<Record<string, string>>,
};
