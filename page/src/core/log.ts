/** Whether the checkpoint is one that the policy believes. */

import type { Bundle, Later } from "./bundle.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { type Checks, StageFailed } from "./checks.ts";
import { decodeHashes } from "./encoding.ts";
import { FormatError, isRefusal, SignatureError, VerificationError } from "./errors.ts";
import { verifyConsistency } from "./merkle.ts";
import { keyOf, openNote, splitNote } from "./note.ts";
import { logKeys, type Policy, type VerifiedCheckpoint, verifyCheckpoint } from "./policy.ts";

/** A checkpoint, and a later one of the same log that continues it, where one is shown. */
export interface Trees {
  first: VerifiedCheckpoint;
  later: VerifiedCheckpoint | null;
}

/** Checks the checkpoint and the later one; throws `StageFailed` as soon as one fails. */
export function checkLog(bundle: Bundle, policy: Policy, checks: Checks): Trees {
  const { checkpoint: note, later: shown } = bundle;
  const later = shown && mustHold(() => verifyPlain(shown.checkpoint, policy), checks, "later");
  const first = mustHold(
    () => verifyFirst(note, later, policy),
    checks,
    () => nameFailure(note, policy),
  );
  if (shown !== null && later !== null) {
    mustHold(() => checkContinues(shown, first, later), checks, "later");
  }
  checks.yes("origin", `the policy names the log ${first.checkpoint.origin}`);
  reportSignatures(first, checks);
  if (later === null) checks.skip("later", "no later checkpoint is shown");
  else checks.yes("later", `the log went on, consistently, to size ${later.checkpoint.size}`);
  return { first, later };
}

/** Does what must succeed for the verification to go on; notes which check failed, if one did. */
function mustHold<T>(work: () => T, checks: Checks, name: string | (() => string)): T {
  try {
    return work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    checks.no(typeof name === "string" ? name : name(), error.message);
    throw new StageFailed();
  }
}

function reportSignatures(first: VerifiedCheckpoint, checks: Checks): void {
  if (first.signatures.length === 0) {
    checks.yes("checkpoint", "its keys left the policy; the later one continues it");
    checks.skip("quorum", "judged by the later checkpoint");
    return;
  }
  const witnesses = first.witnesses.join(", ");
  checks.yes("checkpoint", `it is signed at size ${first.checkpoint.size}`);
  checks.yes("quorum", witnesses ? `cosigned by ${witnesses}` : "no witness is asked");
}

function checkContinues(shown: Later, first: VerifiedCheckpoint, later: VerifiedCheckpoint): void {
  const [old, young] = [first.checkpoint, later.checkpoint];
  if (old.origin !== young.origin) {
    throw new VerificationError(`expected the log ${old.origin}, got ${young.origin}`);
  }
  verifyConsistency(old.size, young.size, decodeHashes(shown.proof), old.root, young.root);
}

/**
 * Verifies the first checkpoint. Where a later one continues it, its keys may have left the
 * policy; those that are still there must have signed all the same.
 */
function verifyFirst(
  note: string,
  later: VerifiedCheckpoint | null,
  policy: Policy,
): VerifiedCheckpoint {
  try {
    return verifyPlain(note, policy);
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const { text, lines } = splitNote(note);
    const checkpoint = parseCheckpoint(text);
    const keys = logKeys(policy, checkpoint.origin);
    if (later === null || keys.length === 0) throw error;
    const under = new Set(lines.map(keyOf));
    const all = [...keys, ...policy.witnesses.map(({ key }) => key)];
    const known = all.filter((key) => under.has(keyOf(key)));
    if (known.length > 0) openNote(note, known);
    return refuseExtensions({ checkpoint, signatures: [], witnesses: [], witnessedAtS: null });
  }
}

function verifyPlain(note: string, policy: Policy): VerifiedCheckpoint {
  return refuseExtensions(verifyCheckpoint(note, policy));
}

/** Refuses extension lines: the format of our logs has none. */
function refuseExtensions(verified: VerifiedCheckpoint): VerifiedCheckpoint {
  if (verified.checkpoint.extensions.length > 0) {
    throw new FormatError("malformed checkpoint: lines after the root");
  }
  return verified;
}

/** Names the check that fails for a note: it is verified once more, without the quorum. */
function nameFailure(note: string, policy: Policy): string {
  try {
    const { origin } = parseCheckpoint(splitNote(note).text);
    if (logKeys(policy, origin).length === 0) return "origin";
    verifyPlain(note, { ...policy, quorum: null });
    return "quorum";
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return "checkpoint";
  }
}
