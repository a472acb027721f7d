"""Names that invented people are made of: common French surnames and given names.

They are combined at random, so whoever appears in a sample is nobody. Accents, hyphens,
apostrophes, particles and spaces are there on purpose.
"""

from __future__ import annotations

from typing import Final


def _lines(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("\n", ",").split(",") if name.strip())


SURNAMES: Final = _lines("""
    Martin, Bernard, Dubois, Thomas, Robert, Richard, Petit, Durand, Leroy, Moreau, Simon
    Laurent, Lefebvre, Michel, Garcia, David, Bertrand, Roux, Vincent, Fournier, Morel
    Girard, André, Lefèvre, Mercier, Dupont, Lambert, Bonnet, François, Martinez, Legrand
    Garnier, Faure, Rousseau, Blanc, Guérin, Muller, Henry, Roussel, Nicolas, Perrin, Morin
    Mathieu, Clément, Gauthier, Dumont, Lopez, Fontaine, Chevalier, Robin, Masson, Sanchez
    Gérard, Nguyen, Boyer, Denis, Lemaire, Duval, Joly, Gautier, Roger, Roche, Roy, Noël
    Meyer, Lucas, Meunier, Jean, Perez, Marchand, Dufour, Blanchard, Marie, Barbier, Brun
    Dumas, Brunet, Schmitt, Leroux, Colas, Fernandez, Colin, Vidal, Arnaud, Caron, Aubert
    Picard, Giraud, Rolland, Gaillard, Renard, Bourgeois, Hubert, Lacroix, Olivier, Philippe
    Guillaume, Pierre, Rivière, Benoît, Vasseur, Lecomte, Renaud, Royer, Leclerc, Rey
    Prévost, Charpentier, Carpentier, Leclercq, Moulin, Menard, Bailly, Herve, Pons, Jacquet
    Collet, Poirier, Hamon, Besson, Maillard, Le Gall, Le Roux, Le Goff, Le Guen, Le Bihan
    Le Floc'h, Guégan, Kervella, Quéméneur, Riou, Cadiou, Tanguy, Prigent, Bécourt, Lefort
    Delaunay, Delattre, Delmas, Desbois, Deschamps, Descamps, Desprès, Dupré, Dupuis, Dupuy
    Duchêne, Duchemin, Dumoulin, de La Fontaine, de Brémond, de Rochefort, d'Aubigny
    d'Estienne, d'Hérouville, de Saint-Aubin, du Chesnay, du Bois, des Essarts, de la Tour
    L'Hermitte, L'Hostis, N'Diaye, N'Guessan, O'Connor, Diallo, Traoré, Koné, Camara, Cissé
    Sow, Bâ, Sy, Keïta, Touré, Konaté, Coulibaly, Benali, Bensaïd, Haddad, Mansouri
    Belkacem, Ben Amar, El Idrissi, El Amrani, Aït Ouarab, Bouazza, Khelifi, Zeroual, Yılmaz
    Demir, Öztürk, Kowalski, Nowak, Wójcik, Dąbrowski, Novák, Popović, Ionescu, Ștefănescu
    Da Silva, Dos Santos, Ferreira, Gonçalves, Araújo, Conceição, Peña, Muñoz, Ibáñez, Núñez
    Rossi, De Luca, D'Angelo, Nguyễn, Trần, Phạm, Lê, Huỳnh, Rakotomalala, Razafindrakoto
    Andriamanana, Hoarau, Payet, Grondin, Hoareau, Virapin, Ramassamy, Césaire
    Jean-Baptiste, Saint-Cyr, Sainte-Rose, Zamor, Schneider, Weber, Klein, Schäfer, Müller
    Koenig, Kœnig, Wœlfflin, Hœrter, Sœurs, Lebœuf, Etcheverry, Etxeberria, Irigoyen
    Harispe, Casanova, Colonna, Santoni, Mattéi, Giacobbi, Vandenbroucke, Van der Meer
    Van Hecke, Vandamme, Dewaele, Deprez, Wattrelot, Lesaffre, Bazin, Berthelot, Boulanger
    Carré, Chauvin, Cordier, Couturier, Coste, Daniel, Fleury, Germain, Gilbert, Guyot
    Hardy, Humbert, Jacob, Klein-Dubois, Langlois, Launay, Leblanc, Maréchal, Monnier
    Pelletier, Pichon, Poulain, Rémy, Reynaud, Rodier, Tessier, Vallée, Weiss
""")  # noqa: RUF001 - Turkish has an i without a dot
"""Surnames, of at most twenty characters."""

GIVEN_F: Final = _lines("""
    Marie, Camille, Léa, Manon, Chloé, Emma, Inès, Sarah, Julie, Laura, Pauline, Mathilde
    Lucie, Marine, Anaïs, Océane, Justine, Morgane, Clara, Eva, Louise, Alice, Juliette, Zoé
    Jade, Élise, Élodie, Émilie, Ève, Aurélie, Céline, Sophie, Nathalie, Isabelle, Sandrine
    Valérie, Stéphanie, Véronique, Sylvie, Christine, Catherine, Françoise, Monique, Martine
    Brigitte, Hélène, Agnès, Geneviève, Béatrice, Delphine, Virginie, Audrey, Mélanie
    Jessica, Vanessa, Gaëlle, Maëlle, Nolwenn, Rozenn, Soizic, Anne, Jeanne, Claire, Cécile
    Marguerite, Fanny, Noémie, Salomé, Maëva, Loïse, Héloïse, Apolline, Capucine, Clémence
    Constance, Victoire, Fatima, Aïcha, Khadija, Yasmine, Nadia, Samira, Leïla, Aminata
    Fatoumata, Mariam, Awa, Zeynep, Elif, Agnieszka, Małgorzata, Ioana, Inês, Conceição
    Begoña, Chiara, Thị Mai, Linh, Anne-Sophie, Marie-Laure, Anne-Lise, Marie-Christine
    Rose-Marie, Lou-Anne, Marie France
""")
"""Given names of women."""

GIVEN_M: Final = _lines("""
    Thomas, Nicolas, Alexandre, Maxime, Antoine, Quentin, Julien, Romain, Clément, Hugo
    Lucas, Théo, Valentin, Baptiste, Florian, Kévin, Guillaume, Adrien, Alexis, Louis
    Gabriel, Raphaël, Arthur, Jules, Adam, Léo, Nathan, Noé, Ethan, Paul, Tom, Sacha
    Gaspard, Côme, Étienne, Pierre, Jean, Michel, Philippe, Alain, Patrick, Bernard
    Christophe, Laurent, Frédéric, Stéphane, Éric, Olivier, Pascal, Thierry, Didier, Gérard
    Christian, François, Daniel, Jérôme, Sébastien, David, Vincent, Mickaël, Loïc, Gaël
    Yann, Ronan, Erwan, Gwénaël, Tanguy, Benoît, Rémi, Grégoire, Mathieu, Damien, Fabien
    Cédric, Arnaud, Xavier, Emmanuel, Joël, Mohamed, Ahmed, Karim, Mehdi, Youssef, Rachid
    Amine, Ibrahim, Mamadou, Ousmane, Cheikh, Moussa, Emre, Krzysztof, Łukasz, Ștefan, João
    Íñigo, Matteo, Văn Minh, Quốc, Hoàng, Iñaki, Jean-Baptiste, Jean-Luc, Pierre-Yves
    Marc-Antoine, Jean-François, Paul-Henri, Jean Marie
""")
"""Given names of men."""
