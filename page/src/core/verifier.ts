/**
 * The verification of one proof bundle, in four stages; one that fails ends it, so that what no
 * log contains is not looked into. The checks and their order are those of `provenance.verifier`.
 */

import { type Bundle, parseBundle } from "./bundle.ts";
import { Checks, StageFailed } from "./checks.ts";
import { Contents } from "./contents.ts";
import { checkEndorsements } from "./endorsement.ts";
import { checkEntries, checkGenesis, checkSignatures } from "./entries.ts";
import { FormatError } from "./errors.ts";
import { reportLines } from "./lines.ts";
import { checkLog, type Trees } from "./log.ts";
import { isDay } from "./paris.ts";
import { type Policy, parsePolicy, type VerifiedCheckpoint } from "./policy.ts";
import { checkRegister } from "./register.ts";
import { accept, refuse } from "./report.ts";
import { checkStatus, type Standing } from "./standing.ts";
import { checkTimestamp } from "./timestamp.ts";
import type { Report, VerifyOptions } from "./types.ts";

/** Days that a status may be old before it is a reason to ask for a newer one. */
export const STATUS_DAYS = 180;

/** Checks the form of a trust policy; throws `FormatError` that tells the line. */
export function checkPolicy(text: string): void {
  parsePolicy(text);
}

/**
 * Verifies a bundle under a trust policy, which came by another way than the bundle.
 *
 * Never throws: what goes wrong, foreseen or not, is a report that refuses. A policy that
 * cannot be read is the failing check `policy`, which no other implementation has, since there
 * it is an error of whoever starts the verifier.
 */
export async function verifyBundle(
  data: Uint8Array,
  policyText: string,
  options: VerifyOptions = {},
): Promise<Report> {
  const checks = new Checks();
  let day: string | null = null;
  try {
    day = options.day ?? null;
    return await verify(data, policyText, options, checks);
  } catch (error) {
    if (!(error instanceof StageFailed)) {
      const what = error instanceof Error ? error.name : "a value that is no error";
      checks.no("internal", `the verifier itself failed: ${what}`);
    }
    return refuse("no", checks.made, day);
  }
}

async function verify(
  data: Uint8Array,
  policyText: string,
  options: VerifyOptions,
  checks: Checks,
): Promise<Report> {
  const day = options.day ?? null;
  const policy = attempt(checks, "policy", () => {
    checkOptions(options);
    return parsePolicy(policyText);
  });
  if (policy === null) return refuse("no", checks.made, day);
  const bundle = attempt(checks, "format", () => parseBundle(data));
  if (bundle === null) return refuse("unreadable", checks.made, day);
  checks.yes("format", "a proof bundle in its one spelling");
  return verifyStages(bundle, policy, options, checks);
}

function checkOptions({ nowS, maxAgeS, day }: VerifyOptions): void {
  if (maxAgeS !== undefined && nowS === undefined) {
    throw new FormatError("an age can only be judged when the time is given");
  }
  if (day !== undefined && !isDay(day)) throw new FormatError("no day of the calendar is given");
}

/** Returns what is read, or null after noting why it cannot be. */
function attempt<T>(checks: Checks, name: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    checks.no(name, error.message);
    return null;
  }
}

async function verifyStages(
  bundle: Bundle,
  policy: Policy,
  options: VerifyOptions,
  checks: Checks,
): Promise<Report> {
  const trees = checkLog(bundle, policy, checks);
  const { origin } = trees.first.checkpoint;
  const items = checkEntries(bundle, trees, checks);
  checkGenesis(items, options.genesis ?? null, origin, checks);
  checks.endStage();
  checkSignatures(items, origin, checks);
  checks.endStage();
  const contents = new Contents(items);
  contents.check(checks);
  const endorsed = checkEndorsements(bundle.endorsements, contents, items, origin, checks);
  const standings = checkStatus(bundle, items, trees, checks);
  const register = checkRegister(bundle, contents, items, trees, checks);
  await checkTimestamp(bundle.timestamp, bundle.checkpoint, options.tsas ?? [], checks);
  const judged = judgedBy([...contents.lines.keys()], standings, trees);
  checkFreshness(judged, options, checks);
  checks.endStage();
  const day = options.day ?? null;
  const today = { day, statusDays: options.statusDays ?? STATUS_DAYS };
  const found = { items, contents, endorsed, standings, register };
  return accept(checks.made, reportLines(found, today), trees, day);
}

/**
 * Chooses the checkpoint whose age is judged: the first one where any status comes from it.
 * Nothing is fresher than the status that is reported, whatever was signed later.
 */
function judgedBy(
  lines: readonly number[],
  standings: ReadonlyMap<number, Standing>,
  trees: Trees,
): VerifiedCheckpoint {
  const sizes = lines.map((index) => standings.get(index)?.status?.size);
  // A status entry's size is its index, so it ends the tree that is larger by one.
  const isFirst = sizes.some(
    (size) => size !== undefined && BigInt(size) + 1n === trees.first.checkpoint.size,
  );
  return isFirst ? trees.first : (trees.later ?? trees.first);
}

function checkFreshness(newest: VerifiedCheckpoint, options: VerifyOptions, checks: Checks): void {
  const { nowS, maxAgeS } = options;
  if (nowS === undefined || maxAgeS === undefined) {
    checks.skip("freshness", "no greatest age was asked for");
    return;
  }
  if (newest.witnessedAtS === null) {
    checks.no("freshness", "the policy asks no witness, so no time is trusted");
    return;
  }
  const ageS = BigInt(Math.trunc(nowS)) - newest.witnessedAtS;
  // A time in the future is no better than one long past: one of the clocks is wrong.
  if ((ageS < 0n ? -ageS : ageS) > BigInt(Math.trunc(maxAgeS))) {
    checks.no("freshness", `witnessed ${ageS} s ago, ${maxAgeS} s are allowed`);
  } else checks.yes("freshness", `witnessed ${ageS} s ago`);
}
