/** What was handed in is not what it should be. The text is for people, and quotes nothing of it. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

/** Say why something is refused; `never`, so that the compiler knows that nothing goes on. */
export function refuse(reason: string): never {
  throw new RefusedError(reason);
}

/** The reason of a refusal; of any other error only its kind, for its text is not ours. */
export function reasonOf(error: unknown): string {
  if (error instanceof RefusedError) return error.message;
  if (error instanceof RangeError) return "it is nested too deeply, or too large";
  const kind = error instanceof Error ? error.name : "error";
  return `it cannot be read (${kind})`;
}
