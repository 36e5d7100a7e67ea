import { Cause, Context, Data, Effect, Exit, type Fiber, Latch, type Redacted, type Scope, Stream } from "effect"
import type { Setting } from "../engine/CallbackCall.ts"

/** Where an endpoint is, and the key for it alone. */
export interface EndpointAddress {
  readonly name: string
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted | undefined
}

/** The header that tells callers which of several endpoints has answered. */
export const answeredBy = "x-headgate-endpoint"

/** A request to a model's endpoint. */
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
  /** The same as `reason`, in the field of system errors: policies see by it whether the model was reached. */
  get code(): string | undefined {
    return this.reason
  }

  override get message(): string {
    const why = this.reason === undefined ? "" : ` (${this.reason})`
    return `The model could not be reached, or broke the connection${why}.`
  }
}

/** Is called with an answer as it arrives: its head, its parts, and its end or its failure. */
export interface AnswerListener {
  onHead(head: UpstreamHead): void
  onPart(part: Uint8Array): void
  onEnd(): void
  onFailure(cause: Cause.Cause<UpstreamUnreachable>): void
}

/** One request to an endpoint, and its answer. */
export interface Exchange {
  /** Sends the request; the listener may be called before this returns. */
  start(): void
  /** Holds the answer back until `resume`, but for a part that has come already. */
  pause(): void
  resume(): void
  /** Closes the connection; the listener is not called any more. */
  abort(): void
}

/** An OpenAI-compatible endpoint: requests in, replies out, byte for byte. */
export class Upstream extends Context.Service<
  Upstream,
  {
    /** Prepares an exchange, whose answer goes to the listener. */
    readonly exchange: (request: UpstreamRequest, listener: AnswerListener, setting: Setting) => Exchange
  }
>()("headgate/Upstream") {
  /** An endpoint made of an effect that waits for the head of an answer; its scope closes with the exchange. */
  static opening(
    open: (request: UpstreamRequest) => Effect.Effect<UpstreamAnswer, UpstreamUnreachable, Scope.Scope>
  ): Upstream["Service"] {
    return { exchange: (request, listener, { context }) => new EffectExchange(open(request), listener, context) }
  }

  /** An endpoint made of an effect that has its replies only as a whole. */
  static sending(
    send: (request: UpstreamRequest) => Effect.Effect<UpstreamReply, UpstreamUnreachable>
  ): Upstream["Service"] {
    return Upstream.opening((request) =>
      Effect.map(send(request), (reply) => ({ ...reply, body: Stream.succeed(reply.body) }))
    )
  }
}

class EffectExchange implements Exchange {
  readonly #opened: Effect.Effect<UpstreamAnswer, UpstreamUnreachable, Scope.Scope>
  readonly #listener: AnswerListener
  readonly #context: Context.Context<never>
  readonly #latch = Latch.makeUnsafe(true)
  #fiber: Fiber.Fiber<void, UpstreamUnreachable> | undefined
  #over = false

  constructor(
    opened: Effect.Effect<UpstreamAnswer, UpstreamUnreachable, Scope.Scope>,
    listener: AnswerListener,
    context: Context.Context<never>
  ) {
    this.#opened = opened
    this.#listener = listener
    this.#context = context
  }

  start(): void {
    const read = Effect.flatMap(this.#opened, ({ body, headers, status }) => {
      if (!this.#over) this.#listener.onHead({ status, headers })
      return Stream.runForEach(body, (part) => {
        if (!this.#over) this.#listener.onPart(part)
        return this.#latch.await
      })
    })
    const fiber = Effect.runForkWith(this.#context)(Effect.scoped(read))
    this.#fiber = fiber
    fiber.addObserver((exit) => this.#ended(exit))
    if (this.#over) fiber.interruptUnsafe()
  }

  #ended(exit: Exit.Exit<void, UpstreamUnreachable>): void {
    if (this.#over) return
    this.#over = true
    if (Exit.isSuccess(exit)) this.#listener.onEnd()
    else this.#listener.onFailure(exit.cause)
  }

  pause(): void {
    this.#latch.closeUnsafe()
  }

  resume(): void {
    this.#latch.openUnsafe()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#fiber?.interruptUnsafe()
  }
}

/** Sends a request and reads the whole reply; interruption closes the connection. */
export const send = (
  { exchange }: Upstream["Service"],
  request: UpstreamRequest
): Effect.Effect<UpstreamReply, UpstreamUnreachable> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback<UpstreamReply, UpstreamUnreachable>((resume) => {
      const parts: Array<Uint8Array> = []
      let head: UpstreamHead = { status: 0, headers: {} }
      const exchanged = exchange(
        request,
        {
          onHead: (received) => void (head = received),
          onPart: (part) => void parts.push(part),
          onEnd: () => resume(Effect.succeed({ ...head, body: Buffer.concat(parts) })),
          onFailure: (cause) => resume(Effect.failCause(cause))
        },
        { context }
      )
      exchanged.start()
      return Effect.sync(() => exchanged.abort())
    })
  )
