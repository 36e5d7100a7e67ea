import { Context, Data, Effect, type Redacted, type Scope, Stream } from "effect"

/** Where an endpoint is, and the key for it alone. */
export interface EndpointAddress {
  readonly name: string
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted | undefined
}

/** The header that tells callers which of several endpoints has answered. */
export const answeredBy = "x-headgate-endpoint"

/** What is asked of a model's endpoint. */
export interface UpstreamRequest {
  readonly method: "GET" | "POST"
  /** The path under the base URL, with its query if it has one. */
  readonly path: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  /** The endpoint that is asked, where there are several. Default: the only one. */
  readonly endpoint?: string | undefined
  /** Where the endpoint is, where the router has chosen one. Default: where the only one is. */
  readonly address?: EndpointAddress | undefined
  /** The model that the body names, where it has been read already. */
  readonly model?: string | undefined
}

/** How an endpoint's answer begins. */
export interface UpstreamHead {
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** What an endpoint answered, whatever its status. */
export interface UpstreamReply extends UpstreamHead {
  readonly body: Uint8Array
}

/** An answer whose body is still to come; it can be read once, at its reader's pace. */
export interface UpstreamAnswer extends UpstreamHead {
  readonly body: Stream.Stream<Uint8Array, UpstreamUnreachable>
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
    /** Sends a request and waits for the head of the answer; the connection is closed at once when the scope is. */
    readonly open: (request: UpstreamRequest) => Effect.Effect<UpstreamAnswer, UpstreamUnreachable, Scope.Scope>
    /** Sends a request and reads the whole reply; interruption closes the connection. */
    readonly send: (request: UpstreamRequest) => Effect.Effect<UpstreamReply, UpstreamUnreachable>
  }
>()("headgate/Upstream") {
  /** An endpoint that opens answers, and so can read them whole too. */
  static opening(open: Upstream["Service"]["open"]): Upstream["Service"] {
    return { open, send: (request) => Effect.scoped(Effect.flatMap(open(request), (answer) => whole(answer))) }
  }

  /** An endpoint that has its replies only as a whole. */
  static sending(send: Upstream["Service"]["send"]): Upstream["Service"] {
    return {
      open: (request) => Effect.map(send(request), (reply) => ({ ...reply, body: Stream.succeed(reply.body) })),
      send
    }
  }
}

/** Reads the body of an answer to its end, or as many bytes of it. */
export const whole = (
  { body, headers, status }: UpstreamAnswer,
  most = Infinity
): Effect.Effect<UpstreamReply, UpstreamUnreachable> =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    let length = 0
    return body.pipe(
      Stream.takeUntil((part) => {
        parts.push(part)
        length += part.length
        return length >= most
      }),
      Stream.runDrain,
      Effect.map(() => ({ status, headers, body: Buffer.concat(parts).subarray(0, most) }))
    )
  })
