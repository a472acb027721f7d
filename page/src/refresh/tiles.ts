import { refuse } from "../errors.ts";

/** How many files of a log are read for one document, at most. */
const FILES_MAX = 2000;
const HASH_SIZE = 32;
const ITEM_SIZE = 64;
const TEXT_SIZE_MAX = 1_000_000;
const ENTRIES_SIZE_MAX = 256 * (2 + 65_535);
const CHANGES_SIZE_MAX = 1_671_168;
const SHEETS_SIZE_MAX = 67_108_864;

export interface Change {
  bit: number;
  by: number;
}

/**
 * A published log of some size (C2SP tlog-tiles; docs/formats.md, section 11). Nothing that is read
 * here is believed: what is made of it goes to the verifier as a whole. Raises `RefusedError`.
 */
export class PublishedLog {
  constructor(address: string) {
    this.#address = address.endsWith("/") ? address : `${address}/`;
  }
  readonly #address: string;
  readonly #files = new Map<string, Promise<Uint8Array | null>>();
  size = 0;

  /** The newest checkpoint, and its size, which tells how long the other files are. */
  async checkpoint(): Promise<string> {
    const note = new TextDecoder("utf-8", { fatal: true }).decode(
      await this.#must("checkpoint", TEXT_SIZE_MAX),
    );
    const size = note.split("\n")[1] ?? "";
    if (!/^[1-9]\d{0,14}$/.test(size)) refuse("its checkpoint cannot be read");
    this.size = Number(size);
    return note;
  }

  /** The hash of the full subtree [index << level, (index + 1) << level). */
  async node(level: number, index: number): Promise<Uint8Array> {
    return this.#fold(level, index, async (above, number) =>
      this.#hashes(`tile/${above}`, number, this.size / 256 ** above, HASH_SIZE),
    );
  }

  /** The same in the status tree, which has one leaf for each 128 entries. */
  async statusNode(level: number, index: number): Promise<Uint8Array> {
    return this.#fold(level, index, async (above, number) => {
      if (above > 0)
        return split(
          await this.#must(`status/tile/${above}/${path(number)}`, 256 * HASH_SIZE),
          HASH_SIZE,
        );
      return Promise.all((await this.#statusLeaves(number)).map((leaf) => hash(0, leaf)));
    });
  }

  async statusLeaf(index: number): Promise<Uint8Array> {
    return (
      (await this.#statusLeaves(Math.floor(index / 256)))[index % 256] ??
      refuse("a status is missing")
    );
  }

  async #statusLeaves(number: number): Promise<Uint8Array[]> {
    return split(await this.#must(`status/${path(number)}`, 256 * ITEM_SIZE), ITEM_SIZE);
  }

  /** An entry's bytes and its signature. */
  async record(index: number): Promise<[Uint8Array, Uint8Array]> {
    const number = Math.floor(index / 256);
    const entries = splitEntries(
      await this.#partial("tile/entries", number, this.size, ENTRIES_SIZE_MAX),
    );
    const signatures = await this.#hashes("signatures", number, this.size, ITEM_SIZE);
    return [
      entries[index % 256] ?? refuse("an entry is missing"),
      signatures[index % 256] ?? refuse("a signature is missing"),
    ];
  }

  /** The sheets of the register entry at an index, each behind its length. */
  async register(index: number): Promise<Uint8Array> {
    return this.#must(`register/${index}`, SHEETS_SIZE_MAX);
  }

  /** Who changed the status of a certification: superseded (1), withdrawn (2), erased (4). */
  async changes(index: number): Promise<Change[]> {
    const data = await this.#file(`changes/${path(Math.floor(index / 32_768))}`, CHANGES_SIZE_MAX);
    if (data === null) return [];
    const rows = split(data, 17).map((row) => new DataView(row.buffer, row.byteOffset, 17));
    const own = rows.filter((row) => row.getBigUint64(0) === BigInt(index));
    return own.map((row) => ({ bit: row.getUint8(8), by: Number(row.getBigUint64(9)) }));
  }

  /** Where the log declares keys. */
  async keys(): Promise<number[]> {
    const text = new TextDecoder().decode(await this.#must("keys", TEXT_SIZE_MAX));
    return text
      .split("\n")
      .filter((line) => /^\d{1,15}$/.test(line))
      .map(Number);
  }

  async #fold(
    level: number,
    index: number,
    read: (above: number, number: number) => Promise<Uint8Array[]>,
  ): Promise<Uint8Array> {
    const inner = level % 8;
    const first = index * 2 ** inner;
    const hashes = await read(Math.floor(level / 8), Math.floor(first / 256));
    let row = hashes.slice(first % 256, (first % 256) + 2 ** inner);
    if (row.length !== 2 ** inner) refuse("a hash is missing");
    while (row.length > 1)
      row = await Promise.all(pairs(row).map(([left, right]) => hash(1, left, right)));
    return row[0]!;
  }

  async #hashes(
    folder: string,
    number: number,
    items: number,
    itemSize: number,
  ): Promise<Uint8Array[]> {
    return split(await this.#partial(folder, number, Math.floor(items), 256 * itemSize), itemSize);
  }

  /** A file that is not full has its width in its name; where it is gone, the full one is there. */
  async #partial(
    folder: string,
    number: number,
    items: number,
    sizeMax: number,
  ): Promise<Uint8Array> {
    const name = `${folder}/${path(number)}`;
    const width = number === Math.floor(items / 256) ? items % 256 : 0;
    const found = width > 0 ? await this.#file(`${name}.p/${width}`, sizeMax) : null;
    return found ?? this.#must(name, sizeMax);
  }

  async #must(name: string, sizeMax: number): Promise<Uint8Array> {
    return (await this.#file(name, sizeMax)) ?? refuse("a file of it is missing");
  }

  #file(name: string, sizeMax: number): Promise<Uint8Array | null> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    if (this.#files.size >= FILES_MAX) refuse("too many files of it would be read");
    const found = fetchFile(this.#address + name, sizeMax);
    this.#files.set(name, found);
    return found;
  }
}

/** The bytes of a file, null where there is none; no cookie and no referrer goes with the question. */
async function fetchFile(url: string, sizeMax: number): Promise<Uint8Array | null> {
  const answer = await fetch(url, {
    credentials: "omit",
    referrerPolicy: "no-referrer",
    redirect: "error",
    cache: "no-store",
  }).catch(() => refuse("it cannot be reached"));
  if (answer.status === 404) return null;
  if (!answer.ok || answer.body === null) refuse(`it answers ${answer.status}`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > sizeMax) refuse("a file of it is too large");
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** A file's number in groups of three digits, all but the last behind an `x`. */
export function path(number: number): string {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return groups.map((one, at) => (at < groups.length - 1 ? `x${one}` : one)).join("/");
}

function split(data: Uint8Array, itemSize: number): Uint8Array[] {
  if (data.length % itemSize !== 0) refuse("a file of it has another length");
  return Array.from({ length: data.length / itemSize }, (_, at) =>
    data.subarray(at * itemSize, (at + 1) * itemSize),
  );
}

function splitEntries(data: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < data.length;) {
    const size = (data[at]! << 8) | (data[at + 1] ?? 0);
    at += 2;
    if (at + size > data.length) refuse("its entries cannot be read");
    entries.push(data.subarray(at, at + size));
    at += size;
  }
  return entries;
}

const pairs = (row: readonly Uint8Array[]): [Uint8Array, Uint8Array][] =>
  Array.from({ length: row.length / 2 }, (_, at) => [row[2 * at]!, row[2 * at + 1]!]);

/** RFC 6962, section 2.1: leaves behind a 0 byte, nodes behind a 1. */
export async function hash(kind: 0 | 1, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const data = await new Blob([Uint8Array.of(kind), ...parts] as BlobPart[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}
