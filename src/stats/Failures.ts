/** Kinds of failures that are told apart; those of others count together. */
const mostKinds = 16

const other = "other"

/** Counts how calls failed, and how many attempts ran when calls failed and when they succeeded. */
export class Failures {
  /** Failures by a word for how (`FailureKind`). */
  readonly kinds = new Map<string, number>()
  /** Attempts that ran at the end of each call, summed over the calls that failed, over those that succeeded, and squared over both. */
  readonly load = { failed: 0, failedActive: 0, succeededActive: 0, activeSquares: 0 }

  onFailed(kind: string, active: number): void {
    const name = this.kinds.has(kind) || this.kinds.size < mostKinds ? kind : other
    this.kinds.set(name, (this.kinds.get(name) ?? 0) + 1)
    this.load.failed++
    this.load.failedActive += active
    this.load.activeSquares += active * active
  }

  onSucceeded(active: number): void {
    this.load.succeededActive += active
    this.load.activeSquares += active * active
  }
}
