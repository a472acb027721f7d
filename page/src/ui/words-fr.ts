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
    attention: "Prouvé, mais lisez le statut",
    printed: "Résumé imprimé authentique",
    resaved: "Preuve authentique, document non scellé",
    forged: "Preuve authentique, document falsifié",
    untrusted: "Preuve authentique, sceau non reconnu",
    persons: "Les certifications ne sont pas d’une seule personne",
    claims: "Le CV affirme ce que sa preuve ne montre pas",
    refused: "Rien n’est prouvé",
    unreadable: "Ce n’est pas un document vérifiable",
  },
  explanations: {
    original:
      "Le document n’a pas changé d’un octet depuis son sceau, et chaque certification est au registre.",
    originalJson:
      "Le CV n’a pas changé depuis sa signature, et chaque certification est au registre.",
    originalBundle:
      "C’est une preuve seule : elle établit les certifications, et ne dit rien d’un CV qui l’accompagnerait.",
    attention:
      "Au moins une certification n’est plus en vigueur, est expirée ou provisoire, ou son statut n’est pas montré.",
    printed:
      "Ce que contient le code QR est signé par l’opérateur. Le papier autour ne l’est pas : comparez-les ligne à ligne.",
    resaved:
      "La preuve jointe est vraie, mais le document a été réenregistré ou n’a jamais été scellé : son texte peut dire autre chose qu’elle.",
    forged:
      "La preuve jointe est vraie, mais le document autour a été modifié après avoir été scellé. Ne vous fiez pas à ce qu’il dit.",
    untrusted:
      "La preuve jointe est vraie, mais le document est scellé par quelqu’un que cette page ne connaît pas. Ne vous fiez pas à ce qu’il dit.",
    claims:
      "La preuve jointe est vraie, mais une ligne du CV dit autre chose qu’elle. Ne retenez que les certifications ci-dessous.",
    persons:
      "La preuve réunit des certifications de personnes différentes. Ne vous fiez pas à ce que dit le document.",
    refused:
      "Ce document ne contient pas de preuve valide. Ne tenez rien de ce qu’il dit pour vérifié.",
    unreadable:
      "Il ne peut pas être lu comme un CV vérifiable, une preuve ou un code QR de ce registre.",
  },
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
  },
  proof: {
    yes: (count: number, origin: string) =>
      `${plural(count, "certification inscrite", "certifications inscrites")} au registre ${origin}, exactement comme montré ci-dessous.`,
    summary: (count: number, origin: string) =>
      `${plural(count, "certification", "certifications")}, selon le résumé signé par l’opérateur du registre ${origin}.`,
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
    },
    words: {
      "in force": "En vigueur",
      superseded: "Remplacée",
      withdrawn: "Retirée",
      erased: "Effacée",
      unknown: "Statut inconnu",
      expired: "Expirée",
    },
  },
  guaranteed: "Données garanties",
  guaranteedLead:
    "Prouvées par le registre. Elles viennent de la preuve, jamais du texte du document : une certification qui n’est pas dans cette liste n’est pas prouvée.",
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
  born: (day: string) => `né(e) le ${day}`,
  nobody: "Aucune identité n’est montrée : cette certification n’est liée à personne.",
  card: {
    certifier: "Certificateur",
    unnamed: "nom inconnu du registre",
    awarded: "Obtenue le",
    ends: "Valable jusqu’au",
    noEnd: "sans limite",
    level: "Niveau",
    asOf: (day: string) => `au ${day}`,
    changed: (day: string) => `le ${day}`,
    endorsed: "Signée aussi par le déposant",
    provisional: "Provisoire : une certification définitive doit suivre",
    notCertified: "Donnée non certifiée par le déposant",
    incomplete: "La preuve ne montre pas tout ce qu’une ligne de CV demande :",
    register: "Intitulé sur francecompetences.fr",
    more: "Détails de la preuve",
    entry: "Numéro au registre",
    recorded: "Inscrite le",
    depositor: "Déposée par",
    hidden: "Empreintes de champs non montrés (leurres compris)",
    changedBy: "Statut changé par l’entrée",
    endorsement: "Signature du déposant",
    kinds: { RNCP: "Répertoire national (RNCP)", RS: "Répertoire spécifique (RS)" } as Readonly<
      Record<string, string>
    >,
  },
  limits: {
    title: "Ce qui n’est pas prouvé",
    items: [
      "Que celui qui vous remet ce CV en est le titulaire : vérifiez son identité.",
      "Que ce que le certificateur atteste est exact : le registre prouve qui l’a dit, quand, et que rien n’a changé depuis.",
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
  footer:
    "Les certificats, clés et formats sont décrits dans la documentation du projet provenance.",
  licences: "Licences des composants",
  checkNames: {
    readable: "Lisible",
    attachment: "Une preuve est jointe",
    seal: "Le sceau est intact",
    "seal-coverage": "Le sceau couvre tout le document",
    "seal-trust": "Le sceau est reconnu",
    proof: "La preuve est valide",
    person: "Une seule personne",
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
    depositor: "Déposant inscrit",
    endorsement: "Signature du déposant",
    status: "Statut",
    timestamp: "Horodatage",
    freshness: "Fraîcheur",
  } as Readonly<Record<string, string>>,
};
