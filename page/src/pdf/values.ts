/** The values of a PDF (ISO 32000-1, section 7.3); a name and a string are told apart. */
export class Name {
  constructor(text: string) {
    this.text = text;
  }
  readonly text: string;
}

/** A number with a point, which is not an integer even where only zeros follow it. */
export class Real {
  constructor(value: number) {
    this.value = value;
  }
  readonly value: number;
}

export class Ref {
  constructor(number: number, generation: number) {
    this.number = number;
    this.generation = generation;
  }
  readonly number: number;
  readonly generation: number;
}

export class Stream {
  constructor(dict: Dict, raw: Uint8Array) {
    this.dict = dict;
    this.raw = raw;
  }
  readonly dict: Dict;
  readonly raw: Uint8Array;
}

export type Dict = Map<string, Value>;
/** A value of the type `number` is an integer. */
export type Value =
  | null
  | boolean
  | number
  | Real
  | Name
  | Uint8Array
  | Value[]
  | Dict
  | Ref
  | Stream;

export const isDict = (value: Value | undefined): value is Dict => value instanceof Map;
export const isName = (value: Value | undefined, text: string): boolean =>
  value instanceof Name && value.text === text;
