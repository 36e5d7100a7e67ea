import { Data } from "effect"
import * as ContentCoding from "./ContentCoding.ts"
import * as Json from "./Json.ts"
import * as ReportedError from "./ReportedError.ts"
import type { UpstreamHead, UpstreamReply } from "./Upstream.ts"

/**
 * A reply that is an error: 5xx, 408, 429, or another status whose body reports an error.
 *
 * Inside the gate it is a failure, outside a reply again.
 */
export class UpstreamErrorResponse extends Data.TaggedError("UpstreamErrorResponse")<{
  readonly reply: UpstreamReply
  /** The error that the body of a successful status reports. */
  readonly reported?: ReportedError.ReportedError | undefined
}> {
  /** Whether a status means that the model failed. */
  static readonly is = ({ status }: UpstreamHead): boolean => status >= 500 || status === 408 || status === 429

  /** The status that the error names, or else that of the reply. */
  get status(): number {
    return this.reported?.status ?? this.reply.status
  }

  /** The reply's headers, with the wait that its body asks for. */
  get headers(): UpstreamReply["headers"] {
    const { headers } = this.reply
    if ("retry-after" in headers || "retry-after-ms" in headers) return headers
    const { retryAfterMs } = this.#error ?? {}
    return retryAfterMs === undefined ? headers : { ...headers, "retry-after-ms": String(retryAfterMs) }
  }

  /** The error's code, which tells an empty account from a limit that passes. */
  get code(): unknown {
    return this.#error?.code
  }

  /** Whether the model allows a retry; `undefined` if it does not say. */
  get isRetryable(): boolean | undefined {
    const header = this.reply.headers["x-should-retry"]
    return header === "true" ? true : header === "false" ? false : undefined
  }

  override get message(): string {
    return `The model answered ${this.status}.`
  }

  get #error(): ReportedError.ReportedError | undefined {
    return this.reported ?? ReportedError.of(Json.parse(ContentCoding.contentOf(this.reply) ?? this.reply.body))
  }
}
