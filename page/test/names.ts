/**
 * Compares the names and persons that another implementation asks about: one JSON object a line
 * in, one out.
 *
 * `{"do":"fold","names":[…]}` gives the folded names, `spellings` the plain and wide form of
 * their words; `{"do":"values","pairs":[[field,field],…]}` how two values compare;
 * `{"do":"persons","persons":[[field,…],…]}` what `same_person`, the groups and the reasons are.
 */

import { createInterface } from "node:readline";
import { fold, spellings } from "../src/core/identity.ts";
import { compareValues, groupPersons, isSamePerson, personReasons } from "../src/core/person.ts";
import type { Field } from "../src/core/types.ts";

interface Question {
  do: string;
  names?: string[];
  pairs?: [one: Field, other: Field][];
  persons?: Field[][];
}

const ANSWERS: Record<string, (one: Question) => unknown> = {
  fold: ({ names = [] }) => names.map(fold),
  spellings: ({ names = [] }) => names.map(spellings),
  values: ({ pairs = [] }) => pairs.map(([one, other]) => compareValues(one, other)),
  persons: ({ persons = [] }) => {
    const shown = persons.map((fields, index) => ({ index, fields }));
    const groups = groupPersons(shown).map((one) => [one.kind, one.certifications]);
    return [isSamePerson(shown), groups, personReasons(shown)];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as Question;
  process.stdout.write(`${JSON.stringify(ANSWERS[question.do]?.(question) ?? null)}\n`);
}
