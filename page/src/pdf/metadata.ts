import { RefusedError } from "../errors.ts";
import type { PdfFile } from "./file.ts";
import { inflateWhole } from "./inflate.ts";
import { Name, Stream } from "./values.ts";

const NAMESPACE = "https://provenance.example/provenance/1#";
const PACKET_SIZE_MAX = 1024 * 1024;
const PREFIXES_MAX = 8;
const SPACE = "[ \\t\\r\\n]";
const NAME = "[A-Za-z_][A-Za-z0-9_.-]*";
const IS = `${SPACE}*=${SPACE}*`;
const ADDRESS = NAMESPACE.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const DECLARED = new RegExp(`${SPACE}xmlns:(${NAME})${IS}(?:"${ADDRESS}"|'${ADDRESS}')`, "g");
const OTHERS = `(?:${SPACE}+xmlns:${NAME}${IS}(?:"[^"<]*"|'[^'<]*'))*`;
const valueWithout = (quote: string) => `((?:[^<&${quote}]|&(?:amp|lt|gt|quot|apos);)*)`;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The name at the top of a CV: what its metadata repeat, or why that cannot be told. */
export type TopName = { kind: "none" } | { kind: "malformed" } | { kind: "name"; name: string };

/**
 * The name that a CV repeats in its metadata (docs/formats.md, section 18). The text of a page is
 * never read, so this is what can be compared with the proof.
 */
export function readTopName(file: PdfFile): TopName {
  const packet = packetOf(file);
  if (packet === null || packet.length > PACKET_SIZE_MAX) return { kind: "none" };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(packet);
  } catch {
    return { kind: "none" };
  }
  const prefixes = new Set([...text.matchAll(DECLARED)].map(([, prefix]) => prefix!));
  if (prefixes.size > PREFIXES_MAX) return { kind: "malformed" };
  const uses = [...prefixes].flatMap((prefix) => usesOf(text, prefix));
  const [value] = uses;
  if (value === undefined) return { kind: "none" };
  if (uses.length > 1 || value === null) return { kind: "malformed" };
  return { kind: "name", name: value.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!) };
}

/** The value of each use of the property under a prefix; null for a malformed one. */
function usesOf(text: string, prefix: string): (string | null)[] {
  const name = `${prefix.replaceAll(".", "\\.")}:holder`;
  const element = new RegExp(`${OTHERS}${SPACE}*>${valueWithout("")}</${name}${SPACE}*>`, "y");
  const attribute = new RegExp(`${IS}(?:"${valueWithout('"')}"|'${valueWithout("'")}')`, "y");
  const uses = text.matchAll(new RegExp(`(<|${SPACE})${name}(?![A-Za-z0-9_.:-])`, "g"));
  return [...uses].map((use) => {
    const form = use[1] === "<" ? element : attribute;
    form.lastIndex = use.index + use[0].length;
    const found = form.exec(text);
    return found === null ? null : (found[1] ?? found[2] ?? null);
  });
}

/** The bytes of the catalog's /Metadata, null where there are none, or in a form that is not read. */
function packetOf(file: PdfFile): Uint8Array | null {
  const stream = file.get(file.catalog.get("Metadata"));
  if (!(stream instanceof Stream)) return null;
  const filter = file.get(stream.dict.get("Filter"));
  const filters = (Array.isArray(filter) ? filter : filter === null ? [] : [filter]).map((one) =>
    file.get(one),
  );
  if (file.get(stream.dict.get("DecodeParms")) !== null) return null;
  if (filters.length === 0) return stream.raw;
  const [only] = filters;
  if (filters.length > 1 || !(only instanceof Name) || only.text !== "FlateDecode") return null;
  try {
    return inflateWhole(stream.raw, PACKET_SIZE_MAX);
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}
