import { RefusedError } from "../errors.ts";
import type { PdfFile } from "./file.ts";
import { inflateWhole } from "./inflate.ts";
import { Name, Stream } from "./values.ts";

const NAMESPACE = "https://provenance.example/provenance/1#";
const OPEN = "<provenance:holder>";
const CLOSE = "</provenance:holder>";
const PACKET_SIZE_MAX = 1024 * 1024;
const VALUE = /^(?:[^<&]|&(?:amp|lt|gt|quot|apos);)*$/;
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
  if (!text.includes(NAMESPACE)) return { kind: "none" };
  const [before, behind, ...more] = text.split(OPEN);
  const [value, after, ...others] = (behind ?? "").split(CLOSE);
  const isSingle = behind !== undefined && after !== undefined && !before!.includes(CLOSE);
  if (!isSingle || more.length > 0 || others.length > 0 || !VALUE.test(value!))
    return { kind: "malformed" };
  return { kind: "name", name: value!.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!) };
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
