/** The checks of one verification, as they are made. */

import { isRefusal } from "./errors.ts";
import type { Check } from "./types.ts";

/** A stage has failed; what comes after it is not looked into. */
export class StageFailed extends Error {}

/** Collects checks; each name gets one `yes` or `n/a`, or a `no` for each failure. */
export class Checks {
  readonly made: Check[] = [];
  readonly #failed = new Set<string>();

  /** Records a success, unless the check of that name has failed already. */
  yes(name: string, reason: string): void {
    if (!this.#failed.has(name)) this.made.push({ name, outcome: "yes", reason, index: null });
  }

  /** Records that a check does not apply, unless it has failed already. */
  skip(name: string, reason: string): void {
    if (!this.#failed.has(name)) this.made.push({ name, outcome: "n/a", reason, index: null });
  }

  /** Records a failure, of the entry at `index` where it is about one. */
  no(name: string, reason: string, index: number | null = null): void {
    this.made.push({ name, outcome: "no", reason, index });
    this.#failed.add(name);
  }

  /** Runs a test that throws when it fails; records only a failure. */
  attempt(name: string, index: number | null, test: () => void): void {
    try {
      test();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.no(name, error.message, index);
    }
  }

  /** Throws `StageFailed` when anything has failed. */
  endStage(): void {
    if (this.#failed.size > 0) throw new StageFailed();
  }
}
