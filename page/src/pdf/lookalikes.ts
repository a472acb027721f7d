/**
 * Characters that look like small Latin letters, from other scripts and among the signs: a fixed
 * list, so that no version of Unicode is asked (docs/formats.md, section 18). L and I are one
 * letter here.
 */
const LETTERS: Readonly<Record<string, string>> = {
  a: "0040 0391 03B1 0410 0430 0251 1D00",
  b: "0392 0412 0432 042C 044C 0299",
  c: "03F9 03F2 0421 0441 1D04",
  d: "0501 0500 1D05",
  e: "0033 0395 03B5 0415 0435 0404 0454 212E 20AC 1D07",
  f: "0192 0191 03DC A730",
  g: "0261 050C 050D 0262",
  h: "0397 041D 043D 04BB 04BA 029C",
  i: "0031 0021 007C 006C 004C 0399 03B9 0406 0456 04C0 04CF 0131 0130 01C0 2223 026A 029F",
  j: "0408 0458 03F3 1D0A",
  k: "039A 03BA 041A 043A 1D0B",
  m: "039C 041C 043C 1D0D",
  n: "039D 03B7 0418 0438 041F 043F 0578 0274",
  o: "0030 039F 03BF 041E 043E 0555 0585 03C3 1D0F",
  p: "03A1 03C1 0420 0440 1D18",
  q: "051A 051B",
  r: "0433 0280",
  s: "0024 0035 0405 0455 017F A731",
  t: "03A4 03C4 0422 0442 0037 1D1B",
  u: "03C5 057D 1D1C",
  v: "03BD 0474 0475 1D20",
  w: "03C9 051C 051D 0461 1D21",
  x: "03A7 03C7 0425 0445 00D7",
  y: "03A5 03B3 0423 0443 04AE 04AF 028F",
  z: "0396 1D22",
};
const FULL_WIDTH = [0xff21, 0xff41];

const ALIKE = new Map<string, string>();
for (const [letter, codes] of Object.entries(LETTERS)) {
  for (const code of codes.split(" ")) ALIKE.set(String.fromCodePoint(Number.parseInt(code, 16)), letter);
}
for (let at = 0; at < 26; at++) {
  for (const first of FULL_WIDTH)
    ALIKE.set(String.fromCodePoint(first + at), String.fromCodePoint(0x61 + at));
}

/** The letters a to z that a text is read as, all else left out. */
export function lettersOf(text: string): string {
  const plain = Array.from(text, (one) => ALIKE.get(one) ?? one.replace(/[A-Z]/, lower));
  return plain.filter((one) => /^[a-z]$/.test(one)).join("");
}

const lower = (letter: string): string => letter.toLowerCase();
