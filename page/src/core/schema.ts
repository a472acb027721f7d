/**
 * The forms of JSON values: small readers that check a value and give it a type.
 *
 * Members of an object stand in the order of its shape; absent ones are left out, unknown ones
 * refused. Source: docs/formats.md section 1.
 */

import { FormatError } from "./errors.ts";
import type { Json } from "./json.ts";
import { isDay } from "./paris.ts";

/** Checks a value and gives it typed; throws `FormatError`. */
export type Read<T> = (value: Json) => T;

/** A member that may be left out, and what stands for it then. */
interface Optional<T, A> {
  read: Read<T>;
  absent: A;
}

// What a member is read as, TypeScript infers; "any" lets it, "unknown" would not.
type Shape = Record<string, Read<any> | Optional<any, any>>;
type Member<M> = M extends Read<infer T> ? T : M extends Optional<infer T, infer A> ? T | A : never;
export type ObjectOf<S extends Shape> = { -readonly [K in keyof S]: Member<S[K]> };
/** The type that a reader gives. */
export type TypeOf<R> = R extends Read<infer T> ? T : never;

/** Says what was expected instead. */
export function refuse(what: string): never {
  throw new FormatError(`expected ${what}`);
}

/** A string that matches the pattern, if there is one. */
export function text(pattern?: RegExp): Read<string> {
  return (value) =>
    typeof value === "string" && (pattern?.test(value) ?? true) ? value : refuse("a string");
}

/** One of these strings. */
export function word<T extends string>(...words: T[]): Read<T> {
  return (value) => words.find((one) => one === value) ?? refuse(words.join(" or "));
}

/** A position in the log, or a number of entries: 0 to 2^53 - 1. */
export const index: Read<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse("an index");

/** A day of the calendar, `YYYY-MM-DD`. */
export const day: Read<string> = (value) => {
  const read = text()(value);
  return isDay(read) ? read : refuse("a day of the calendar");
};

/** An array of so many items. */
export function list<T>(read: Read<T>, { min = 0, max = Infinity } = {}): Read<T[]> {
  return (value) => {
    if (!Array.isArray(value)) refuse("an array");
    if (value.length < min || value.length > max) refuse(`${min} to ${max} items`);
    return value.map(read);
  };
}

/** A value, or null. */
export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value) => (value === null ? null : read(value));
}

/** A member that may be left out; `null` is not the same as absent. */
export function optional<T, A = null>(read: Read<T>, absent: A = null as A): Optional<T, A> {
  return { read, absent };
}

/** An object of these members, in this order. */
export function object<S extends Shape>(shape: S): Read<ObjectOf<S>> {
  const members = Object.entries(shape);
  return (value) => {
    if (!(value instanceof Map)) refuse("an object");
    const left = [...value].reverse();
    const pairs = members.map(([name, member]) => {
      const read = typeof member === "function" ? member : member.read;
      if (left.at(-1)?.[0] === name) return [name, read(left.pop()?.[1] ?? null)];
      if (typeof member === "function") refuse(`the member ${name}`);
      return [name, member.absent];
    });
    if (left.length > 0) refuse("no other member");
    return Object.fromEntries(pairs);
  };
}

/** An object of these members in any order, as programs write them. */
export function anyOrder<S extends Shape>(shape: S): Read<ObjectOf<S>> {
  const read = object(shape);
  const names = Object.keys(shape);
  return (value) => {
    if (!(value instanceof Map)) refuse("an object");
    const known = names.filter((name) => value.has(name));
    const others = [...value.keys()].filter((name) => !names.includes(name));
    return read(new Map([...known, ...others].map((name) => [name, value.get(name) ?? null])));
  };
}
