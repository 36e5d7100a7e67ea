import { Data } from "effect"
import type { ReportedError } from "./ReportedError.ts"

/** The model ended its answer before it was finished, or with an error. */
export class TruncatedStream extends Data.TaggedError("TruncatedStream")<{
  /** The error that the answer's own last events report, if they do. */
  readonly reported?: ReportedError | undefined
  /** What else was wrong with the answer. */
  readonly why?: string | undefined
}> {
  /** The status that the reported error names. */
  get status(): number | undefined {
    return this.reported?.status
  }

  get code(): unknown {
    return this.reported?.code
  }

  /** The wait that the error asks for, as a header. */
  get headers(): Readonly<Record<string, string>> {
    const millis = this.reported?.retryAfterMs
    return millis === undefined ? {} : { "retry-after-ms": String(millis) }
  }

  override get message(): string {
    if (this.why !== undefined) return this.why
    return this.reported === undefined
      ? "The model ended its answer before it was finished."
      : "The model had an error in the middle of its answer."
  }
}
