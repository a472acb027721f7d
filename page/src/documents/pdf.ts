import type { Check, DocumentReport, PdfFindings, SealRoots } from "../core/index.ts";
import { reasonOf } from "../errors.ts";
import { claimsProof, readAttachment } from "../pdf/attachment.ts";
import { findActive } from "../pdf/content.ts";
import { PdfFile } from "../pdf/file.ts";
import { readTopName } from "../pdf/metadata.ts";
import { signedFields } from "../pdf/signature.ts";
import { type Finding, type SealFindings, checkSeal } from "../seal/seal.ts";

/** What is found about a PDF itself, its proof aside. */
export async function findInPdf(
  data: Uint8Array,
  roots: SealRoots,
  nowMs: number,
): Promise<PdfFindings> {
  try {
    const file = new PdfFile(data);
    file.objects();
    // Trees that lead in a circle, or are too large, make a file unreadable.
    signedFields(file);
    const isClaimed = claimsProof(file);
    return { ...(await findInFile(file, roots, nowMs)), claimsProof: isClaimed };
  } catch (error) {
    return {
      checks: [check("readable", { holds: false, reason: reasonOf(error) })],
      attachment: null,
      document: documentOf("unreadable"),
      claimsProof: false,
      topName: { kind: "none" },
    };
  }
}

async function findInFile(
  file: PdfFile,
  roots: SealRoots,
  nowMs: number,
): Promise<Omit<PdfFindings, "claimsProof">> {
  const readable = check("readable", { holds: true, reason: "a PDF file within the limits" });
  const attached = findAttachment(file);
  const seal = await checkSeal(file, roots, nowMs);
  return {
    checks: [readable, attached.check, ...sealChecks(seal), checkContent(file)],
    attachment: attached.bytes,
    document: judgeSeal(seal),
    topName: readTopName(file),
  };
}

function findAttachment(file: PdfFile): { check: Check; bytes: Uint8Array | null } {
  try {
    const bytes = readAttachment(file);
    return {
      check: check("attachment", { holds: true, reason: "exactly one proof is attached" }),
      bytes,
    };
  } catch (error) {
    return { check: check("attachment", { holds: false, reason: reasonOf(error) }), bytes: null };
  }
}

/** What a file does by itself is not sealed with it. */
function checkContent(file: PdfFile): Check {
  const active = findActive(file);
  return check(
    "content",
    active.length === 0
      ? { holds: true, reason: "nothing in it is active" }
      : { holds: false, reason: `it has active content: ${active.join(", ")}` },
  );
}

const check = (name: string, { holds, reason }: NonNullable<Finding>): Check => ({
  name,
  outcome: holds ? "yes" : "no",
  reason,
  index: null,
});

/** The checks that were reached; the report names the others as not applicable. */
function sealChecks({ seal, coverage, trust }: SealFindings): Check[] {
  const found: [string, Finding][] = [
    ["seal", seal],
    ["seal-coverage", coverage],
    ["seal-trust", trust],
  ];
  return found.flatMap(([name, finding]) => (finding === null ? [] : [check(name, finding)]));
}

function judgeSeal(found: SealFindings): DocumentReport {
  if (!found.isThere) return documentOf("not sealed");
  if (!found.seal?.holds || !found.coverage?.holds) return documentOf("altered");
  if (!found.trust?.holds) return documentOf("untrusted seal");
  return {
    outcome: "as sealed",
    sealed_by: found.sealedBy,
    sealed_at: found.sealedAt,
    time_source: found.isStamped ? "tsa" : "claimed",
  };
}

const documentOf = (outcome: DocumentReport["outcome"]): DocumentReport => ({
  outcome,
  sealed_by: null,
  sealed_at: null,
  time_source: null,
});
