// Drives the page in a real Chromium, as its user would, and prints what it saw as JSON lines.
// node browse.mjs PLAN: a JSON file {"chromium","page","profile","steps":[{"file"|"text",…}],"images"?}
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const AXE = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-dev-shm-usage",
];

const context = await chromium.launchPersistentContext(plan.profile, {
  executablePath: plan.chromium,
  headless: true,
  args: FLAGS,
  acceptDownloads: true,
  viewport: { width: plan.width ?? 1180, height: plan.height ?? 900 },
  locale: plan.locale ?? "fr-FR",
  colorScheme: plan.colors ?? "light",
  bypassCSP: plan.bypassCSP ?? false,
});
const requests = [];
context.on("request", (request) => {
  const url = request.url();
  // The page itself, and what it made out of its own bytes.
  if (!/^(blob|data):/.test(url) && url.split("#")[0] !== pageUrl) requests.push(url);
});
const pageUrl = plan.url ?? pathToFileURL(plan.page).href;

async function open(step) {
  const page = await context.newPage();
  const seen = { errors: [], violations: [], dialogs: 0 };
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) seen.violations.push(message.text());
  });
  page.on("dialog", (dialog) => {
    seen.dialogs++;
    void dialog.dismiss();
  });
  if (step.hurry) await page.clock.install();
  await page.goto(pageUrl);
  return { page, seen };
}

/** Drops files on the page, as a hand with a mouse does. */
function drop(files) {
  const carried = new DataTransfer();
  for (const [name, text] of files)
    carried.items.add(new File([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))], name));
  for (const kind of ["dragover", "drop"]) {
    document
      .querySelector(".drop")
      .dispatchEvent(
        new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }),
      );
  }
}

async function give(page, step) {
  if (step.trust !== undefined) {
    if (step.trust.roots) await page.setInputFiles("#roots", step.trust.roots);
    if (step.trust.policy) await page.setInputFiles("#policy", step.trust.policy);
    await page.click(".trust-form button");
    await page.waitForSelector("#file:not([disabled]), .message:not(:empty)", {
      state: "attached",
      timeout: 5000,
    });
  }
  if (step.language) await page.click(`.languages [lang=${step.language}]`);
  if (step.file) await page.setInputFiles("#file", step.file);
  if (step.drop)
    await page.evaluate(
      drop,
      step.drop.map((path) => [path.split("/").pop(), readFileSync(path).toString("base64")]),
    );
  for (const key of step.keys ?? []) await page.keyboard.press(key);
  if (step.hurry) {
    await page.waitForSelector(".drop.working");
    await page.clock.fastForward(step.hurry);
  }
  if (step.text !== undefined) {
    await page.click(".paste summary");
    await page.fill("#paste", step.text);
    await page.click(".paste button");
  }
}

async function look(page) {
  return page.evaluate(() => {
    const text = (selector) =>
      [...document.querySelectorAll(selector)].map((one) => one.textContent.trim());
    const result = document.querySelector(".result");
    return {
      lang: document.documentElement.lang,
      title: document.title,
      ...(result ? { ...result.dataset } : {}),
      headline: text("#verdict")[0] ?? null,
      message: text(".message").filter(Boolean)[0] ?? null,
      answers: text(".answer .word"),
      tones: [...document.querySelectorAll(".answer")].map((one) =>
        one.className.replace("answer ", ""),
      ),
      holder: text(".holder .name")[0] ?? null,
      groups: [...document.querySelectorAll(".group")].map((group) => ({
        label: group.querySelector(".label").textContent,
        name: group.querySelector(".name, .surname")?.textContent ?? null,
        tied: group.classList.contains("tied"),
        codes: [...group.querySelectorAll(".card")].map((card) => card.dataset.code),
      })),
      standings: text(".standing strong"),
      codes: [...document.querySelectorAll(".card")].map((card) => card.dataset.code),
      titles: text(".card h3"),
      doubts: text(".doubts li"),
      remarks: text(".remark"),
      origins: text(".origin"),
      sound: [...document.querySelectorAll(".card")].map((card) => card.matches(".sound")),
      brand: text(".brand")[0],
      logo: document.querySelector(".brand img")?.naturalWidth ?? null,
      links: [...document.querySelectorAll("footer a")].map((one) => one.href),
      recoverable: document.querySelector(".recover button") !== null,
      failing: [
        ...document.querySelectorAll(".technical .table:first-of-type .outcome-no th code"),
      ].map((one) => one.textContent),
      status: text("[role=status]")[0] ?? "",
      focus:
        document.activeElement?.id ||
        document.activeElement?.className ||
        document.activeElement?.tagName,
      scripts: document.querySelectorAll("#app script, #app img").length,
      text: document.querySelector("#app").innerText,
      disabled: document.querySelector("#file")?.disabled ?? null,
      landmarks: ["header", "main", "footer"].filter((one) => document.querySelector(one) !== null),
      wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    };
  });
}

async function runAxe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations.map((one) => ({
    id: one.id,
    impact: one.impact,
    nodes: one.nodes.map((node) => node.html.slice(0, 200)),
  }));
}

for (const step of plan.steps) {
  const { page, seen } = await open(step);
  const startMs = Date.now();
  let problem = null;
  try {
    await give(page, step);
    if (step.file || step.drop || step.text !== undefined || step.trust !== undefined)
      await page.waitForSelector(step.until ?? ".result, .message:not(:empty)", {
        timeout: step.timeout ?? 45000,
      });
    if (step.save) {
      const download = page.waitForEvent("download");
      await page.click(step.click);
      await (await download).saveAs(step.save);
    } else if (step.click) await page.click(step.click);
    if (step.wait) await page.waitForSelector(step.wait, { timeout: 15000 });
  } catch (error) {
    problem = String(error).split("\n")[0];
  }
  const tookMs = Date.now() - startMs;
  const found = await look(page);
  const violations = step.axe ? await runAxe(page) : [];
  if (step.unfold)
    await page.evaluate(() => {
      for (const one of document.querySelectorAll(".result details")) one.open = true;
    });
  if (step.image) await page.screenshot({ path: step.image, fullPage: step.full ?? true });
  if (step.pdf) await page.pdf({ path: step.pdf, format: "A4", printBackground: true });
  console.log(
    JSON.stringify({
      id: step.id,
      tookMs,
      problem,
      ...found,
      ...seen,
      axe: violations,
      requests: [...requests],
    }),
  );
  await page.close();
}
await context.close();
