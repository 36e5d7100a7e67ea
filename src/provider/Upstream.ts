import { Context, Data, type Effect } from "effect"

/** What is asked of a model's endpoint. */
export interface UpstreamRequest {
  readonly method: "GET" | "POST"
  /** The path under the base URL, with its query if it has one. */
  readonly path: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** What an endpoint answered, whatever its status. */
export interface UpstreamReply {
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The endpoint could not be reached, or broke the connection before its answer was whole. */
export class UpstreamUnreachable extends Data.TaggedError("UpstreamUnreachable")<{
  /** The system's name for what happened, such as `ECONNREFUSED`, if there is one. */
  readonly reason: string | undefined
}> {
  override get message(): string {
    const why = this.reason === undefined ? "" : ` (${this.reason})`
    return `The model could not be reached, or broke the connection${why}.`
  }
}

/** An OpenAI-compatible endpoint: requests in, replies out, byte for byte. */
export class Upstream extends Context.Service<
  Upstream,
  {
    /** Sends a request and reads the whole reply; interruption closes the connection. */
    readonly send: (request: UpstreamRequest) => Effect.Effect<UpstreamReply, UpstreamUnreachable>
  }
>()("headgate/Upstream") {}
