/**
 * Comparing names of persons: without case, accents and punctuation.
 *
 * Folding follows the version of Unicode that the browser has, as the other implementation
 * follows that of its Python: they can differ for letters that were added in between, and for
 * nothing else. Sources: Unicode section 3.13 (case folding), Annex 15 (form NFKD).
 */

const CHEROKEE = /^\p{Script=Cherokee}$/u;
const LETTER_OR_NUMBER = /^[\p{L}\p{N}]$/u;
const DOTLESS_I = "\u0131";
/** A mark of class 1 and one of class 230 (Unicode section 4.3): the lower one goes first. */
const OVERLAY = "\u0334";
const ACUTE = "\u0301";

/** Gives the form in which two spellings of one name are equal. */
export function fold(name: string): string {
  const cased = Array.from(name, foldCase).join("");
  const kept = Array.from(cased.normalize("NFKD"))
    .filter((character) => !isCombining(character))
    .map((character) => (LETTER_OR_NUMBER.test(character) ? character : " "));
  return kept.join("").replace(/ +/g, " ").trim();
}

/**
 * Folds the case of one character, as the table CaseFolding.txt has it (status C and F).
 *
 * Lower, upper and lower case again is what that table says, with two exceptions: the dotless
 * i stays what it is, and Cherokee letters fold to upper case.
 */
function foldCase(character: string): string {
  if (character === DOTLESS_I) return character;
  const upper = character.toLowerCase().toUpperCase();
  return CHEROKEE.test(character) ? upper : Array.from(upper, (one) => one.toLowerCase()).join("");
}

/**
 * Tells whether a character's canonical combining class is not zero.
 *
 * JavaScript does not tell the class, but sorts marks by it when it normalizes: only a mark of
 * a class above 1 changes places with an overlay behind it, and only one of a class between
 * 1 and 229 with an acute before it.
 */
function isCombining(character: string): boolean {
  return isSwapped(character, OVERLAY) || isSwapped(ACUTE, character);
}

function isSwapped(first: string, second: string): boolean {
  return (first + second).normalize("NFD") !== first.normalize("NFD") + second.normalize("NFD");
}
