// Runs the tests of the page: each file is bundled as the page itself is, then given to Node.
// `node test/run.mjs [part of a file's name…]`
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".test.ts"))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();
if (files.length === 0) throw new Error("no test of that name");

// Beside the packages, so that what stays outside a bundle is found.
const target = mkdtempSync(join(FOLDER, "../node_modules/.tests-"));
try {
  await build({
    absWorkingDir: FOLDER,
    bundle: true,
    charset: "utf8",
    define: { TEST_FOLDER: JSON.stringify(FOLDER) },
    entryPoints: files,
    format: "esm",
    logLevel: "error",
    outExtension: { ".js": ".mjs" },
    outdir: target,
    platform: "node",
    sourcemap: "inline",
    target: "node20",
  });
  const built = files.map((name) => join(target, name.replace(/\.ts$/, ".mjs")));
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(target, { recursive: true, force: true });
}
