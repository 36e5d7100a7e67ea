import { Data, Predicate } from "effect"
import * as Json from "./Json.ts"
import type { UpstreamHead, UpstreamReply } from "./Upstream.ts"

/** A reply that says that the model failed: 5xx, 408 or 429. Inside the gate it is a failure, outside a reply again. */
export class FailedReply extends Data.TaggedError("FailedReply")<{ readonly reply: UpstreamReply }> {
  /** Whether a reply is no answer. */
  static readonly is = ({ status }: UpstreamHead): boolean => status >= 500 || status === 408 || status === 429

  get status(): number {
    return this.reply.status
  }

  /** Where the model says when to come back. */
  get headers(): UpstreamReply["headers"] {
    return this.reply.headers
  }

  /** The error's code, which tells an empty account from a limit that passes. */
  get code(): unknown {
    const body = Json.parse(this.reply.body)
    const error = Predicate.hasProperty(body, "error") ? body.error : undefined
    return Predicate.hasProperty(error, "code") ? error.code : undefined
  }

  /** What the model itself says of a retry, if it does. */
  get isRetryable(): boolean | undefined {
    const told = this.headers["x-should-retry"]
    return told === "true" ? true : told === "false" ? false : undefined
  }

  override get message(): string {
    return `The model answered ${this.status}.`
  }
}
