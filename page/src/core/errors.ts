/**
 * What can be wrong with evidence. The texts name positions, sizes and fields, never a value
 * of a record.
 *
 * ```text
 * FormatError          bytes that do not have the form they must have
 * VerificationError    well-formed, and refused
 * └── SignatureError   a signature is missing, wrong, or by an unknown key
 * ```
 */

export class FormatError extends Error {
  override readonly name: string = "FormatError";
}

export class VerificationError extends Error {
  override readonly name: string = "VerificationError";
}

export class SignatureError extends VerificationError {
  override readonly name: string = "SignatureError";
}

/** Returns what evidence may cause from what would be a mistake in this program. */
export function isRefusal(error: unknown): error is FormatError | VerificationError {
  return error instanceof FormatError || error instanceof VerificationError;
}
