"""Places of birth and examination, and the certifications of the sample register.

Communes stand with the code of the official geographic code and one postal code. The
certifications are invented: their numbers follow the register's form only.
"""

from __future__ import annotations

from typing import Final

COMMUNES: Final = tuple(
    (line[:5], line[6:11], line[12:])
    for line in """\
75056 75012 Paris
13055 13005 Marseille
69123 69003 Lyon
31555 31000 Toulouse
06088 06000 Nice
44109 44000 Nantes
34172 34000 Montpellier
67482 67000 Strasbourg
33063 33000 Bordeaux
59350 59000 Lille
35238 35000 Rennes
51454 51100 Reims
83137 83000 Toulon
42218 42000 Saint-Étienne
76351 76600 Le Havre
38185 38000 Grenoble
21231 21000 Dijon
49007 49000 Angers
30189 30000 Nîmes
63113 63000 Clermont-Ferrand
72181 72000 Le Mans
29019 29200 Brest
37261 37000 Tours
80021 80000 Amiens
87085 87000 Limoges
74010 74000 Annecy
57463 57000 Metz
25056 25000 Besançon
66136 66000 Perpignan
45234 45000 Orléans
76540 76000 Rouen
68224 68100 Mulhouse
14118 14000 Caen
54395 54000 Nancy
84007 84000 Avignon
86194 86000 Poitiers
17300 17000 La Rochelle
64445 64000 Pau
64102 64100 Bayonne
65440 65000 Tarbes
40192 40000 Mont-de-Marsan
24322 24000 Périgueux
16015 16000 Angoulême
79191 79000 Niort
85191 85000 La Roche-sur-Yon
56260 56000 Vannes
56121 56100 Lorient
22278 22000 Saint-Brieuc
35288 35400 Saint-Malo
29232 29000 Quimper
50129 50100 Cherbourg-en-Cotentin
61001 61000 Alençon
27229 27000 Évreux
60057 60000 Beauvais
02691 02100 Saint-Quentin
62041 62000 Arras
62193 62100 Calais
59183 59140 Dunkerque
59606 59300 Valenciennes
08105 08000 Charleville-Mézières
10387 10000 Troyes
88160 88000 Épinal
70550 70000 Vesoul
90010 90000 Belfort
39300 39000 Lons-le-Saunier
71270 71000 Mâcon
58194 58000 Nevers
89024 89000 Auxerre
18033 18000 Bourges
36044 36000 Châteauroux
03190 03000 Moulins
15014 15000 Aurillac
43157 43000 Le Puy-en-Velay
07186 07000 Privas
26362 26000 Valence
05061 05000 Gap
04070 04000 Digne-les-Bains
2A004 20000 Ajaccio
2B033 20200 Bastia
2B096 20250 Corte
13001 13100 Aix-en-Provence
11069 11000 Carcassonne
81004 81000 Albi
82121 82000 Montauban
46042 46000 Cahors
12202 12000 Rodez
48095 48000 Mende
09122 09000 Foix
32013 32000 Auch
47001 47000 Agen
92050 92000 Nanterre
93066 93200 Saint-Denis
94028 94000 Créteil
95127 95000 Cergy
78646 78000 Versailles
91228 91000 Évry-Courcouronnes
77288 77000 Melun
60159 60200 Compiègne
97105 97100 Basse-Terre
97209 97200 Fort-de-France
97302 97300 Cayenne
97411 97400 Saint-Denis
97416 97410 Saint-Pierre
97608 97600 Mamoudzou
""".splitlines()
)
"""Commune code (5 characters), postal code, name."""

ABROAD: Final = (
    ("Alger", "DZA", "Algérie"),
    ("Casablanca", "MAR", "Maroc"),
    ("Tunis", "TUN", "Tunisie"),
    ("Dakar", "SEN", "Sénégal"),
    ("Abidjan", "CIV", "Côte d'Ivoire"),
    ("Bamako", "MLI", "Mali"),
    ("Yaoundé", "CMR", "Cameroun"),
    ("Antananarivo", "MDG", "Madagascar"),
    ("Porto", "PRT", "Portugal"),
    ("Alcalá de Henares", "ESP", "Espagne"),
    ("L'Aquila", "ITA", "Italie"),
    ("Liège", "BEL", "Belgique"),
    ("Łódź", "POL", "Pologne"),
    ("Cluj-Napoca", "ROU", "Roumanie"),
    ("İzmir", "TUR", "Turquie"),
    ("Thành phố Hồ Chí Minh", "VNM", "Viêt Nam"),
    ("Port-au-Prince", "HTI", "Haïti"),
    ("São Paulo", "BRA", "Brésil"),
)
"""Places outside France: name, ISO 3166 alpha-3 code, country."""

LANGUAGE: Final = "language"
DIGITAL: Final = "digital"
CERTIFICATIONS: Final = (
    ("RNCP", "RNCP90117", ""),
    ("RS", "RS9012", LANGUAGE),
    ("RNCP", "RNCP90342", ""),
    ("RS", "RS9044", DIGITAL),
    ("RNCP", "RNCP90518", ""),
    ("Habilitation", "HAB-ÉLEC-B2V", ""),
    ("RS", "RS9107", LANGUAGE),
    ("RNCP", "RNCP90866", ""),
    ("Diplôme Universitaire", "DU-SANTÉ-TRAVAIL", ""),
    ("RS", "RS9230", DIGITAL),
    ("RNCP", "RNCP91004", ""),
    ("Reconnaissance", "REC/2023/0415", ""),
)
"""Type, code, and the kind of level that comes with it."""

OPTIONS: Final = (
    "Option A : développement d'applications",
    "Option B : administration & réseaux",
    "Spécialité « bâtiment durable »",
    "Parcours européen",
    "Mention complémentaire",
)
"""Wordings of ``libelleOption``; one of them needs escaping in XML."""
