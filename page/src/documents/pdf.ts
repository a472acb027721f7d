import type { Check, DocumentReport, PdfFindings, SealRoots } from "../core/index.ts";
import { reasonOf } from "../errors.ts";
import { readAttachment } from "../pdf/attachment.ts";
import { PdfFile } from "../pdf/file.ts";
import { type Finding, type SealFindings, checkSeal } from "../seal/seal.ts";

/** What is found about a PDF itself: can it be read, is a proof attached, is it as it was sealed. */
export async function findInPdf(
  data: Uint8Array,
  roots: SealRoots,
  nowMs: number,
): Promise<PdfFindings> {
  let file: PdfFile;
  try {
    file = new PdfFile(data);
    file.objects();
  } catch (error) {
    return {
      checks: [check("readable", { holds: false, reason: reasonOf(error) })],
      attachment: null,
      document: documentOf("unreadable"),
    };
  }
  const readable = check("readable", { holds: true, reason: "a PDF file within the limits" });
  const attached = findAttachment(file);
  const seal = await checkSeal(file, roots, nowMs);
  return {
    checks: [readable, attached.check, ...sealChecks(seal)],
    attachment: attached.bytes,
    document: judgeSeal(seal),
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
