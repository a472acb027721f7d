/** What the page says, in both languages: everything, and no accusation. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS } from "../src/core/types.ts";
import { english } from "../src/ui/words-en.ts";
import { french } from "../src/ui/words-fr.ts";

/** That bytes were changed says neither by whom nor why. */
const ACCUSING = /falsif|forg|frauds?\b|fraude|\bfake|\bfaux\b/i;

function* texts(value: unknown, path: string): Generator<[string, string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "function") {
    const said: unknown = value("x", "y", "z");
    if (typeof said === "string") yield [path, said];
  } else if (value !== null && typeof value === "object") {
    for (const [name, one] of Object.entries(value)) yield* texts(one, `${path}.${name}`);
  }
}

for (const [language, words] of [["fr", french], ["en", english]] as const) {
  test(`${language}: nobody is accused`, () => {
    const all = [...texts(words, language)];
    assert.ok(all.length > 200);
    for (const [path, text] of all) assert.doesNotMatch(text, ACCUSING, path);
  });

  test(`${language}: every reason and every headline has its words`, () => {
    assert.deepEqual(Object.keys(words.reasons), [...REASONS]);
    assert.deepEqual(Object.keys(words.headlines), Object.keys(words.explanations));
  });
}

test("both languages say the same things", () => {
  const names = (words: unknown) => [...texts(words, "")].map(([path]) => path).sort();
  assert.deepEqual(names(english), names(french));
});
