import { Context, Effect, Layer } from "effect"
import type { Ask } from "../domain/Ask.ts"
import type { Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Stats } from "../Stats.ts"
import { FailedReply } from "./FailedReply.ts"
import { Upstream, type UpstreamReply, type UpstreamRequest, type UpstreamUnreachable } from "./Upstream.ts"
import { usageOf } from "./Usage.ts"

/** The endpoint behind the gate. */
export class GuardedUpstream extends Context.Service<
  GuardedUpstream,
  {
    /** Sends a request when the gate lets it, again if that may help, and ends with the last reply; `started` hears of each attempt. */
    readonly send: (
      ask: Ask,
      request: UpstreamRequest,
      started?: () => void
    ) => Effect.Effect<UpstreamReply, Rejection | UpstreamUnreachable>
  }
>()("headgate/GuardedUpstream") {
  /** Puts the gate in front of the endpoint, and counts the tokens of what it answers. */
  static readonly layer: Layer.Layer<GuardedUpstream, never, Gate | Upstream> = Layer.effect(
    this,
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const upstream = yield* Upstream
      const { record } = yield* Stats.recorder

      const attempt = (request: UpstreamRequest) =>
        Effect.flatMap(upstream.send(request), (reply) =>
          FailedReply.is(reply) ? Effect.fail(new FailedReply({ reply })) : Effect.succeed(reply)
        )
      const count = (reply: UpstreamReply) => {
        const usage = usageOf(reply)
        if (usage !== undefined) record({ _tag: "Tokens", ...usage, saved: 0 })
      }

      return {
        send: (ask, request, started = () => {}) =>
          pass(
            ask,
            Effect.suspend(() => {
              started()
              return attempt(request)
            })
          ).pipe(
            Effect.catchTag("FailedReply", ({ reply }) => Effect.succeed(reply)),
            Effect.tap((reply) => Effect.sync(() => count(reply)))
          )
      }
    })
  )
}
