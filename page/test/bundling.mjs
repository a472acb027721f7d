// Bundles one TypeScript file for Node, whole or deliberately broken:
// `node test/bundling.mjs <entry.ts> <target.mjs> [name of a break]`
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** Each takes one check out of the verifier, so that a harness can show that it notices. */
const BREAKS = {
  inclusion: ["merkle.ts", "if (!areEqual(node, root)) {", "if (false) {"],
  consistency: ["log.ts", "verifyConsistency(old.size,", "void (old.size,"],
  "entry-signature": ["entries.ts", "verifyByOne(usable,", "void (usable,"],
  "note-signature": ["note.ts", "if (!isTimed(", "if (false && isTimed("],
  commitment: ["contents.ts", "if (computed !== entry.commitment) {", "if (false) {"],
  endorsement: ["endorsement.ts", "this.#checkCovered(entry, signed, link);", ""],
  chain: ["endorsement.ts", "entry.index < signed.index && !known.has(entry.index)", "false"],
  registration: ["endorsement.ts", "if (entry.signature === null) return;", "return;"],
  slots: ["commitment.ts", "own === undefined ? table.closed.has(slot) : own !== slot", "false"],
  source: ["disclosure.ts", "fields.has(SOURCE) && !maySource(fields)", "false"],
  alternatives: ["disclosure.ts", "followed.length > 1", "false"],
  rights: ["contents.ts", "!certifiers.every((one) => allowed.includes(one))", "false"],
  replaced: ["contents.ts", "index < other.index && other.index < user", "false"],
  register: ["register.ts", "entry.index > (status.register ?? -1)", "false"],
  sheets: ["register.ts", "!codes.has(code)", "false"],
  days: ["reasons.ts", "age > statusDays || age < -1", "age > statusDays"],
  reserved: ["standing.ts", "leaf === null || (leaf.bits & RESERVED) !== 0", "leaf === null"],
  order: ["entries.ts", "if (index <= last)", "if (false)"],
  status: ["standing.ts", "if (known & ~bits) {", "if (false) {"],
  spelling: ["json.ts", "!SPELLED_INTEGER.test(text) ||", ""],
  folding: ["identity.ts", "const pair = SINGLE.get(one +", 'const pair = SINGLE.get("" +'],
  wide: ["person.ts", "word.some((form) =>", "word.slice(0, 1).some((form) =>"],
  separators: ["person.ts", 'areSpelledAlike(one.words, other.words) ? "open"', 'false ? "open"'],
  coverage: ["signature.ts", "if (start !== 0 || next + rest !== file.bytes.length) return false;", ""],
  digest: ["cms.ts", "if (!(digest instanceof asn1js.OctetString) || !equalBytes(bytesOf(digest.getValue()), expected))", "if (false)"],
  "json-signature": ["jsoncv.ts", "verifyByOne([parseDidKey(issuer)], signature,", "void (signature,"],
  agreement: ["jsoncv.ts", ".filter(({ outcome }) => !isShown(outcome))", ".filter(() => false)"],
  holder: ["jsoncv.ts", 'outcomes.includes("contradicted")', "false"],
  repetition: ["jcs.ts", "if (members.has(name)) throw", "if (false) throw"],
  surrogate: ["jcs.ts", "|| hasLoneSurrogate(value)", ""],
  "summary-spelling": ["summary.ts", "!Array.isArray(value) || value.length !== readers.length", "!Array.isArray(value)"],
  "summary-order": ["summary.ts", "if (!ascends(indexes) ||", "if ("],
  checksum: ["inflate.ts", "|| checksum !== adler32(this.#out)", ""],
  content: ["content.ts", "waiting.push(...next.dict.values());", ""],
  hidden: ["verify.ts", "attachment !== null && !equalBytes(own, attachment)", "false"],
  roots: ["roots.ts", "if (list.includes(item)) throw", "if (false) throw"],
  malleable: ["signatures.ts", "(signature.subarray(32));", "(signature.subarray(32)) % ORDER;"],
  cofactor: [
    "signatures.ts",
    "return areEqual(expected.toBytes(), r);",
    "return decodePoint(r)?.subtract(expected).clearCofactor().is0() ?? false;",
  ],
};

function breaking(name) {
  const [file, found, instead] = BREAKS[name];
  return {
    name: "break",
    setup(on) {
      on.onLoad({ filter: /src\/(?:core|documents|pdf|seal)\/[a-z]+\.ts$/ }, ({ path }) => {
        if (basename(path) !== file) return undefined;
        const text = readFileSync(path, "utf8");
        if (text.split(found).length !== 2) throw new Error(`${name}: nothing to break in ${file}`);
        return { contents: text.replace(found, () => instead), loader: "ts" };
      });
    },
  };
}

const [entry, target, name] = process.argv.slice(2);
await build({
  absWorkingDir: FOLDER,
  bundle: true,
  charset: "utf8",
  entryPoints: [join(FOLDER, entry)],
  format: "esm",
  logLevel: "error",
  outfile: target,
  platform: "node",
  plugins: name === undefined ? [] : [breaking(name)],
  target: "node20",
});
