// Builds the verification page: esbuild, then one HTML file. The same sources and the same
// package-lock.json give the same bytes. `node build.mjs --print` writes to standard output.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(fileURLToPath(import.meta.url));
const TARGET = join(ROOT, "../src/provenance/cv/page/verify.html");
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  charset: "utf8",
  format: "iife",
  legalComments: "none", // every licence stands in the page as a whole, see below
  logLevel: "error",
  metafile: true,
  minify: true,
  platform: "browser",
  target: ["es2022"],
  write: false,
};

async function bundle(entry, options = {}) {
  const result = await build({ ...COMMON, entryPoints: [entry], ...options });
  const text = result.outputFiles[0].text.trimEnd();
  // Inside an HTML script element these would change where the script ends.
  if (/<!--|<script|<\/script/i.test(text)) throw new Error(`${entry}: cannot stand in HTML`);
  return { text, inputs: Object.keys(result.metafile.inputs) };
}

/** The worker's code is a string of the page's own script, for the page is one file. */
function embedWorker(text) {
  return {
    name: "worker",
    setup(on) {
      on.onResolve({ filter: /^worker-source$/ }, (args) => ({
        path: args.path,
        namespace: "worker",
      }));
      on.onLoad({ filter: /.*/, namespace: "worker" }, () => ({
        contents: `export default ${JSON.stringify(text)}`,
        loader: "js",
      }));
    },
  };
}

function packagesOf(inputs) {
  const names = inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function licenceOf(name) {
  const directory = join(ROOT, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const file = readdirSync(directory)
    .sort()
    .find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${name}: no licence file`);
  const text = readFileSync(join(directory, file), "utf8").replaceAll("\r\n", "\n").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

function escapeHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function hashSource(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Scripts and styles by their hashes; a page reaches only what `provenance page` writes in. */
function policyOf(script, style) {
  return [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    "worker-src blob:",
    "img-src 'none'", // `provenance page` allows data: where it writes a logo in
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function fill(template, parts) {
  let page = template;
  for (const [name, text] of Object.entries(parts)) {
    const mark = `{{${name}}}`;
    if (page.split(mark).length !== 2) throw new Error(`${mark} must occur once`);
    page = page.replace(mark, () => text);
  }
  return page;
}

export async function buildPage() {
  const worker = await bundle("src/worker/worker.ts");
  const main = await bundle("src/ui/main.ts", { plugins: [embedWorker(worker.text)] });
  const style = await bundle("src/ui/page.css", { format: undefined });
  const inputs = [...worker.inputs, ...main.inputs];
  return fill(readFileSync(join(ROOT, "src/ui/page.html"), "utf8"), {
    csp: policyOf(main.text, style.text),
    style: style.text,
    licences: escapeHtml(packagesOf(inputs).map(licenceOf).join("\n---\n\n")),
    script: main.text,
  });
}

const page = await buildPage();
if (process.argv.includes("--print")) {
  process.stdout.write(page);
} else {
  if (!existsSync(dirname(TARGET))) mkdirSync(dirname(TARGET), { recursive: true });
  writeFileSync(TARGET, page);
  console.log(`${TARGET}: ${page.length} characters`);
}
