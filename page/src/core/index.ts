/**
 * The verifier in the browser: bytes in, report out; no network, no clock, no storage.
 *
 * It is a second implementation, written from `docs/formats.md`, and gives the verdict and the
 * failing checks that `provenance.verifier` gives. Nothing here throws because of what it is
 * handed: bad input is a refusing report. Only `parseSealRoots` and `checkPolicy` raise a
 * `FormatError`, for what the operator wrote.
 */

export type * from "./types.ts";
export { FormatError } from "./errors.ts";
export { verifyBundle, checkPolicy } from "./verifier.ts";
export { parseSealRoots } from "./roots.ts";
export { verifyJsonCv } from "./jsoncv.ts";
export {
  isProven,
  type PdfFindings,
  reportBundle,
  reportPdf,
  reportSummary as verifySummary,
  reportUnknown,
  reportUnreadable,
  type Revision,
} from "./documents.ts";
export { parisDay } from "./paris.ts";
