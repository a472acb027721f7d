/** Days in Paris, and what a certification may be doubted for on one of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { daysBetween, isDay, parisDay } from "../src/core/paris.ts";
import { lacking, reasonsOf, reasonsOfLine, type Said } from "../src/core/reasons.ts";
import { ERASED, type Standing, SUPERSEDED, WITHDRAWN } from "../src/core/standing.ts";
import type { StatusEntry } from "../src/core/entry.ts";
import type { SummaryLine, Value } from "../src/core/types.ts";

/** The browser's own time zones: what the ten lines are held against. */
const PARIS = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short" });

test("the day is that of the time zone's own data, around every change and at random", () => {
  const times: number[] = [];
  for (let year = 1996; year < 2037; year++) {
    for (const month of [2, 9]) {
      for (let hour = 0; hour < 24 * 31; hour++) times.push(Date.UTC(year, month, 1, hour) - 1);
    }
  }
  for (let number = 0; number < 20_000; number++) {
    times.push(Math.floor(Math.random() * (Date.UTC(2037) - Date.UTC(1996))) + Date.UTC(1996));
  }
  for (const time of times) assert.equal(parisDay(time), PARIS.format(time), String(time));
});

test("days of the calendar, and how far they are apart", () => {
  for (const day of ["0001-01-01", "2024-02-29", "9999-12-31"]) assert.ok(isDay(day), day);
  for (const day of ["0000-01-01", "2026-02-29", "2026-13-01", "2026-1-01", "2026-01-01 ", ""]) {
    assert.ok(!isDay(day), day);
  }
  assert.equal(daysBetween("2026-03-28", "2026-03-30"), 2);
  assert.equal(daysBetween("2026-03-30", "2026-03-28"), -2);
  assert.equal(parisDay(Date.UTC(9999, 11, 31, 23, 30)), "9999-12-31");
});

const LINE: Record<string, Value> = {
  certificateur: "CERT0001",
  type: "RNCP",
  code: "RNCP1",
  donneeCertifiee: true,
  dateDebutValidite: "2026-03-14",
  dateFinValidite: null,
};
const TODAY = { day: "2026-11-30", statusDays: 180 };

function standing(more: Partial<Standing> = {}): Standing {
  const status = { time: "2026-11-30T10:00:00.000000Z" } as StatusEntry;
  return { bits: 0, word: "in force", status, isOpen: false, changedBy: null, ...more };
}

function reasons(fields: Record<string, Value>, more: Partial<Said> = {}, today = TODAY): string {
  const said = { fields: new Map(Object.entries({ ...LINE, ...fields })), identity: "titulaire" };
  return reasonsOf({ ...said, standing: standing(), ...more }, today, []).join(" ");
}

const at = (time: string) => standing({ status: { time } as StatusEntry });

test("a line that is whole, in force and of today has no reason", () => {
  assert.equal(reasons({}), "");
  assert.equal(reasons({ dateDebutValidite: TODAY.day, dateFinValidite: TODAY.day }), "");
});

test("each reason alone, just inside and just outside", () => {
  assert.equal(reasons({}, { identity: null }), "no-identity");
  assert.equal(reasons({}, { identity: "national" }), "name-only");
  assert.equal(reasons({}, { identity: "dossier" }), "");
  assert.equal(reasons({ donneeCertifiee: false }), "provisional");
  assert.equal(reasons({ dateFinValidite: "2026-11-29" }), "expired");
  assert.equal(reasons({ dateDebutValidite: "2026-12-01" }), "not-yet-valid");
  assert.equal(reasons({}, { standing: standing({ bits: WITHDRAWN }) }), "withdrawn");
  assert.equal(reasons({}, { standing: standing({ bits: SUPERSEDED }) }), "superseded");
  assert.equal(reasons({}, { standing: standing({ bits: ERASED }) }), "erased");
  assert.equal(reasons({}, { standing: standing({ isOpen: true }) }), "status-unknown");
  const hidden = { status: null, isOpen: true };
  assert.equal(reasons({}, { standing: standing(hidden) }), "status-unknown");
  assert.equal(reasons({}, { standing: standing({ ...hidden, bits: ERASED }) }), "erased");
});

test("a status is old after 180 days, and from the day after tomorrow", () => {
  // 23:30 UTC in June is the next day in Paris, in December it is so too.
  assert.equal(reasons({}, { standing: at("2026-06-02T22:30:00.000000Z") }), "");
  assert.equal(reasons({}, { standing: at("2026-06-02T21:30:00.000000Z") }), "status-old");
  assert.equal(reasons({}, { standing: at("2026-12-01T22:30:00.000000Z") }), "");
  assert.equal(reasons({}, { standing: at("2026-12-01T23:30:00.000000Z") }), "status-old");
  const older = { ...TODAY, statusDays: 181 };
  assert.equal(reasons({}, { standing: at("2026-06-02T21:30:00.000000Z") }, older), "");
});

test("without a day no date is judged, and every line says so", () => {
  const none = { day: null, statusDays: 180 } as unknown as typeof TODAY;
  const old = { standing: at("2020-01-01T00:00:00.000000Z") };
  assert.equal(reasons({ dateFinValidite: "2021-01-01" }, old, none), "date-unknown");
});

test("all reasons that apply are given, in one order", () => {
  const all = WITHDRAWN | SUPERSEDED | ERASED;
  const said = { identity: null, standing: standing({ bits: all, isOpen: true }) };
  const fields = { code: "", donneeCertifiee: false, dateFinValidite: "2021-01-01" };
  assert.equal(
    reasons(fields, said),
    "incomplete no-identity provisional withdrawn superseded erased status-unknown expired",
  );
});

test("a field that is not of its form lacks as one that is not shown", () => {
  const forms: [string, Value[]][] = [
    ["certificateur", [null, 7, "", "cert0001", "CERT001"]],
    ["type", [null, "", 1]],
    ["code", [null, "", [{}]]],
    ["donneeCertifiee", [null, "true", 1]],
    ["dateDebutValidite", [null, "2026-02-30", "2026-3-1"]],
    ["dateFinValidite", ["", "2026-02-30", false]],
  ];
  for (const [name, values] of forms) {
    for (const value of values) {
      assert.deepEqual(lacking(new Map(Object.entries({ ...LINE, [name]: value }))), [name]);
    }
    const { [name]: _, ...others } = LINE;
    assert.deepEqual(lacking(new Map(Object.entries(others))), [name]);
  }
});

test("a printed line is judged by its own dates and its summary's time", () => {
  const line = (status: string, begins: string, ends: string | null) =>
    [1, "RNCP", "RNCP1", "CERT0001", null, begins, ends, null, status, null, null] as SummaryLine;
  const time = "2026-11-30T10:00:00.000000Z";
  const judge = (one: SummaryLine, when = time) => reasonsOfLine(one, when, TODAY).join(" ");
  assert.equal(judge(line("in force", "2026-01-01", null)), "");
  assert.equal(judge(line("withdrawn", "2026-01-01", "2026-11-29")), "withdrawn expired");
  assert.equal(judge(line("superseded", "2026-12-01", null)), "superseded not-yet-valid");
  assert.equal(judge(line("erased", "2026-01-01", null), "2026-01-01T00:00:00.000000Z"), "erased status-old");
});
