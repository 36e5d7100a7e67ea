import { Cause, type Duration, Effect, Exit, Option, type Scope, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Rejection } from "../Rejection.ts"
import type { StreamedAnswer } from "../upstream/GuardedUpstream.ts"
import * as ServerSent from "../upstream/ServerSent.ts"
import type { TruncatedStream } from "../upstream/TruncatedStream.ts"
import type { UpstreamUnreachable } from "../upstream/Upstream.ts"
import * as ProxyHeaders from "./ProxyHeaders.ts"
import { type GatewayError, internalError } from "./GatewayError.ts"
import * as SseErrorEvent from "./SseErrorEvent.ts"
import * as ClientDisconnect from "./ClientDisconnect.ts"

export interface Options {
  /** The path under `/v1`. */
  readonly path: string
  readonly what: ClientDisconnect.LogFields
  readonly inWords: (error: Rejection | UpstreamUnreachable | TruncatedStream) => GatewayError
  /** How long a reader may take for what is left when the answer has ended. */
  readonly patience: Duration.Input
}

const streaming = { "cache-control": "no-cache", "x-accel-buffering": "no" }

/** Interrupts whoever is still writing some time after the answer has ended: its reader has stalled. */
const notForEver = (ended: Effect.Effect<void>, { patience, what }: Options) =>
  Effect.withFiber((writer) =>
    ended.pipe(
      Effect.andThen(Effect.sleep(patience)),
      Effect.andThen(Effect.logInfo("The reader of a stream stalled", what)),
      Effect.andThen(Effect.sync(() => writer.interruptUnsafe())),
      Effect.forkScoped
    )
  )

/**
 * Replies with an answer as it comes.
 *
 * A failure in its middle is told by a last event in place of `[DONE]`; the connection is free for the next request. A
 * reader that has stalled loses its connection some time after the answer has ended.
 */
export const of = Effect.fnUntraced(function* (
  { body, ended, headers, status }: StreamedAnswer,
  options: Options
): Effect.fn.Return<HttpServerResponse.HttpServerResponse, never, Scope.Scope> {
  const { inWords, path, what } = options
  const legible = (headers["content-encoding"] ?? "identity") === "identity"
  let sent: Uint8Array | undefined

  const told = Effect.fnUntraced(function* (cause: Cause.Cause<Stream.Error<typeof body>>) {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (!legible || Cause.hasInterruptsOnly(cause)) return Stream.failCause(cause)
    if (error?._tag === "TruncatedStream" && error.reported !== undefined) return Stream.empty
    if (error === undefined) yield* Effect.logError("A stream failed", what, cause)
    return Stream.succeed(
      SseErrorEvent.of(error === undefined ? internalError : inWords(error), { path, requestId: what.request }, sent)
    )
  })

  yield* notForEver(ended, options)
  return HttpServerResponse.stream(
    body.pipe(
      Stream.tap((part) => Effect.sync(() => void (sent = part))),
      Stream.catchCause((cause) => Stream.unwrap(told(cause))),
      Stream.onExit((exit) =>
        Exit.isFailure(exit) && ClientDisconnect.isDisconnect(exit.cause) ? ClientDisconnect.log(what) : Effect.void
      )
    ),
    {
      status,
      headers: { ...ProxyHeaders.returned(headers), ...streaming },
      contentType: headers["content-type"] ?? ServerSent.mediaType
    }
  )
})
