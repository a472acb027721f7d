import { refuse } from "../errors.ts";
import { type SheetProof, disclosedCodes, proveSheets } from "./sheets.ts";
import { PublishedLog, hash } from "./tiles.ts";

type NodeReader = (level: number, index: number) => Promise<Uint8Array>;
interface ShownEntry {
  entry: string;
  record?: string[];
}
interface ProofBundle {
  checkpoint: string;
  entries: ShownEntry[];
  later?: unknown;
}

const SUPERSEDED = 1;
const LEAF_ENTRIES = 128;

/**
 * A proof bundle with a `later` part as of the newest published checkpoint (docs/formats.md,
 * section 8); the same bytes where nothing newer is published. Nothing here is verified: the
 * verifier judges what comes of it as a whole. Raises `RefusedError`.
 */
export async function refreshBundle(data: Uint8Array, address: string): Promise<Uint8Array> {
  const bundle = parseBundle(data);
  const log = new PublishedLog(address);
  const checkpoint = await log.checkpoint();
  const size = Number(bundle.checkpoint.split("\n")[1]);
  if (!(size > 0) || checkpoint.split("\n")[0] !== bundle.checkpoint.split("\n")[0])
    refuse("it is another log");
  if (log.size < size) refuse("it is older than the proof");
  if (log.size === size) return withNote(bundle, checkpoint, data);
  const node: NodeReader = (level, index) => log.node(level, index);
  const shown = new Map(bundle.entries.map((one) => headOf(one.entry)));
  const certifications = [...shown]
    .filter(([, type]) => type === "certification")
    .map(([index]) => index);
  const changes = await changesOf(log, certifications);
  const due = new Set([log.size - 1, ...changes.map((one) => one.by), ...(await entryKeys(log))]);
  const register = await newRegister(bundle, size, log);
  if (register !== null) due.add(register.index);
  const later = {
    checkpoint,
    proof: (await proveConsistency(size, 0, log.size, true, node)).map(base64),
    entries: await proveEntries(
      log,
      [...due].filter((index) => !shown.has(index)),
      node,
    ),
    status: await proveStatus(log, [
      ...certifications,
      ...changes.filter((one) => one.bit === SUPERSEDED).map((one) => one.by),
    ]),
    ...(register !== null && { register: { sheets: register.sheets.map(encodeSheet) } }),
  };
  return new TextEncoder().encode(JSON.stringify({ ...bundle, later }));
}

/** The same checkpoint may have been cosigned since; else nothing is newer. */
function withNote(bundle: ProofBundle, checkpoint: string, data: Uint8Array): Uint8Array {
  if (checkpoint === bundle.checkpoint) return data;
  return new TextEncoder().encode(JSON.stringify({ ...bundle, checkpoint }));
}

/**
 * What the newest status says of the register, where that is another one than the first tree's and
 * has a sheet of a code that is disclosed.
 */
async function newRegister(
  bundle: ProofBundle,
  size: number,
  log: PublishedLog,
): Promise<{ index: number; sheets: SheetProof[] } | null> {
  const first = bundle.entries.find((one) => headOf(one.entry)[0] === size - 1);
  const [newest] = await log.record(log.size - 1);
  const index = registerIn(new TextDecoder().decode(newest));
  if (index === null || index === registerIn(first?.entry ?? "")) return null;
  const codes = disclosedCodes(bundle.entries.map(({ record }) => record ?? []));
  const sheets = proveSheets(await log.register(index), codes);
  return sheets.length > 0 ? { index, sheets } : null;
}

/** The register entry that a status entry names with its last member. */
function registerIn(entry: string): number | null {
  const found = /,"register":(\d{1,15})\}$/.exec(entry)?.[1];
  return found === undefined ? null : Number(found);
}

function encodeSheet({ leaf, sheet, path }: SheetProof) {
  return { leaf, sheet, path: path.map(base64) };
}

/** The verifier has accepted the form of the bundle already, or will refuse it. */
function parseBundle(data: Uint8Array): ProofBundle {
  try {
    const { later: _, ...bundle } = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(data),
    ) as ProofBundle;
    if (typeof bundle.checkpoint === "string" && Array.isArray(bundle.entries)) return bundle;
  } catch {
    // What cannot be parsed is refused like what is of another form.
  }
  return refuse("the proof cannot be read");
}

function headOf(entry: string): [number, string] {
  const found =
    /^\{"type":"([a-z]+)","index":(\d{1,15}),/.exec(entry) ?? refuse("the proof cannot be read");
  return [Number(found[2]), found[1]!];
}

async function changesOf(
  log: PublishedLog,
  indexes: readonly number[],
): Promise<{ bit: number; by: number }[]> {
  const changes = (await Promise.all(indexes.map((index) => log.changes(index)))).flat();
  return changes.every((one) => one.by < log.size)
    ? changes
    : refuse("it names entries that it does not have");
}

/** The entries that add entry keys; those of the log's own keys are not asked for. */
async function entryKeys(log: PublishedLog): Promise<number[]> {
  const declared = (await log.keys()).filter((index) => index > 0 && index < log.size);
  const kept = await Promise.all(
    declared.map(async (index) => {
      const text = new TextDecoder().decode((await log.record(index))[0]);
      return text.includes('"action":"add","role":"entry"') ? [index] : [];
    }),
  );
  return kept.flat();
}

async function proveEntries(log: PublishedLog, indexes: number[], node: NodeReader) {
  return Promise.all(
    indexes
      .sort((a, b) => a - b)
      .map(async (index) => {
        const [entry, signature] = await log.record(index);
        const path = await proveInclusion(index, 0, log.size, node);
        return {
          entry: new TextDecoder("utf-8", { fatal: true }).decode(entry),
          signature: base64(signature),
          path: path.map(base64),
        };
      }),
  );
}

async function proveStatus(log: PublishedLog, indexes: readonly number[]) {
  const leaves = [...new Set(indexes.map((index) => Math.floor(index / LEAF_ENTRIES)))].sort(
    (a, b) => a - b,
  );
  const count = Math.ceil((log.size - 1) / LEAF_ENTRIES);
  const node: NodeReader = (level, index) => log.statusNode(level, index);
  return Promise.all(
    leaves.map(async (leaf) => {
      const path = await proveInclusion(leaf, 0, count, node);
      return { leaf, bits: base64(await log.statusLeaf(leaf)), path: path.map(base64) };
    }),
  );
}

/** The largest power of two that is smaller than `count` (RFC 6962, section 2.1). */
function splitAt(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

async function rootOf(start: number, end: number, node: NodeReader): Promise<Uint8Array> {
  const count = end - start;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return node(level, start / count);
  const half = start + splitAt(count);
  return hash(1, await rootOf(start, half, node), await rootOf(half, end, node));
}

/** RFC 6962, section 2.1.1: the sibling of the leaf comes first. */
async function proveInclusion(
  index: number,
  start: number,
  end: number,
  node: NodeReader,
): Promise<Uint8Array[]> {
  if (end - start <= 1) return [];
  const half = start + splitAt(end - start);
  if (index < half)
    return [...(await proveInclusion(index, start, half, node)), await rootOf(half, end, node)];
  return [...(await proveInclusion(index, half, end, node)), await rootOf(start, half, node)];
}

/** RFC 6962, section 2.1.2: SUBPROOF. */
async function proveConsistency(
  old: number,
  start: number,
  end: number,
  isWhole: boolean,
  node: NodeReader,
): Promise<Uint8Array[]> {
  if (old === end) return isWhole ? [] : [await rootOf(start, end, node)];
  const half = start + splitAt(end - start);
  if (old <= half)
    return [
      ...(await proveConsistency(old, start, half, isWhole, node)),
      await rootOf(half, end, node),
    ];
  return [
    ...(await proveConsistency(old, half, end, false, node)),
    await rootOf(start, half, node),
  ];
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
