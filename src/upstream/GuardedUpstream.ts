import { Context, Effect, Layer, Option, type Scope, type Stream } from "effect"
import { type CallOptions, target, type Target } from "../Call.ts"
import * as Field from "../config/Field.ts"
import * as Failure from "../Failure.ts"
import type { Rejection } from "../Rejection.ts"
import { Gate } from "../Gate.ts"
import * as Router from "../policy/Router/Router.ts"
import { Stats } from "../Stats.ts"
import * as Endpoints from "./Endpoints.ts"
import * as StreamAttempt from "./StreamAttempt.ts"
import { modelOf } from "./StreamUsage.ts"
import type { TruncatedStream } from "./TruncatedStream.ts"
import {
  answeredBy,
  Upstream,
  type UpstreamHead,
  type UpstreamReply,
  type UpstreamRequest,
  type UpstreamUnreachable
} from "./Upstream.ts"
import type { Usage } from "./Usage.ts"
import * as WholeReply from "./WholeReply.ts"

/** A streamed answer that holds a place at the gate until it has ended. */
export interface StreamedAnswer extends UpstreamHead {
  /** Whole events; it fails unless the answer comes to its end. */
  readonly body: Stream.Stream<Uint8Array, Rejection | UpstreamUnreachable | TruncatedStream>
  /** Waits until the place has been given back, whether the body is read or not. */
  readonly ended: Effect.Effect<void>
}

export interface OpenOptions {
  /** Hears of each attempt. */
  readonly started?: (() => void) | undefined
  /** The tokens of the prompt, as far as they can be told, for a stream that does not tell; 0. */
  readonly prompt?: number | undefined
  /** Whether to ask a chat for its usage, which only one that asks for a stream may be; yes. */
  readonly askUsage?: boolean | undefined
  /** Whether to hand out as it comes what is neither events nor JSON, such as speech, instead of reading it whole; no. */
  readonly asItComes?: boolean | undefined
  /** Whether the request asks for a stream, so that the answer is one until its first bytes say otherwise; yes. */
  readonly streamed?: boolean | undefined
}

export interface Options {
  /** Whether streamed chats that do not ask for their usage are made to; `auto`. */
  readonly streamUsage?: "auto" | "off" | undefined
}

/** The endpoint behind the gate. */
export class GuardedUpstream extends Context.Service<
  GuardedUpstream,
  {
    /** Sends a request when the gate lets it, again if that may help, and ends with the last reply; `started` hears of each attempt. */
    readonly send: (
      call: CallOptions,
      request: UpstreamRequest,
      started?: () => void
    ) => Effect.Effect<UpstreamReply, Rejection | UpstreamUnreachable | TruncatedStream>
    /**
     * Does the same for a request that may be answered by a stream: once the first event has come, the answer is handed out as
     * it comes.
     *
     * An answer that is no stream of events ends as `send` ends.
     */
    readonly open: (
      call: CallOptions,
      request: UpstreamRequest,
      options?: OpenOptions
    ) => Effect.Effect<UpstreamReply | StreamedAnswer, Rejection | UpstreamUnreachable | TruncatedStream, Scope.Scope>
  }
>()("headgate/GuardedUpstream") {
  /** Puts the gate in front of the endpoint, and counts the tokens of what it answers. */
  static readonly layer: Layer.Layer<GuardedUpstream, never, Gate | Upstream> = Layer.suspend(() => layerWith({}))

  /** The same with options. */
  static readonly layerWith = (options: Options): Layer.Layer<GuardedUpstream, never, Gate | Upstream> =>
    layerWith(options)
}

/** The options of a call that tell policies which model of which endpoint it asks. */
const aimed = (call: CallOptions, request: UpstreamRequest): CallOptions => {
  const asked: Target = { endpoint: request.endpoint ?? "", model: modelOf(request) }
  return { ...call, model: Field.parseLabel(asked.model), [target]: asked } as CallOptions
}

const layerWith = ({ streamUsage = "auto" }: Options): Layer.Layer<GuardedUpstream, never, Gate | Upstream> =>
  Layer.effect(
    GuardedUpstream,
    Effect.gen(function* () {
      const gate = yield* Gate
      const upstream = yield* Upstream
      const { record } = yield* Stats.recorder
      const count = (usage: Usage | undefined) => {
        if (usage !== undefined) record({ _tag: "Tokens", ...usage })
      }

      const endpoints = Option.getOrUndefined(yield* Effect.serviceOption(Endpoints.Endpoints))
      /** The reply to a request that no endpoint could answer. */
      const refused = (request: UpstreamRequest) =>
        endpoints === undefined ? undefined : Endpoints.refusal(endpoints, request)
      /** Makes an attempt at the endpoint that was chosen for it. */
      const atRoute = <A, E, R>(
        request: UpstreamRequest,
        attempt: (request: UpstreamRequest) => Effect.Effect<A, E, R>
      ) =>
        endpoints === undefined
          ? attempt(request)
          : Effect.flatMap(Router.current, (route) => attempt(Endpoints.routed(request, route)))

      // Here a status is no more than a part of the reply, which policies do not read.
      const answered = ({ headers, status }: UpstreamHead) => {
        if (Failure.isDeclined(status)) record({ _tag: "Declined", status, endpoint: headers[answeredBy] })
      }

      const attempt = (request: UpstreamRequest) =>
        Effect.flatMap(upstream.send(request), (reply) => WholeReply.read(reply, request.path))
      const attemptOpen = StreamAttempt.make(upstream, count)

      return {
        send: (call, request, started = () => {}) => {
          const refusal = refused(request)
          if (refusal !== undefined) return Effect.succeed(refusal)
          return gate
            .pass(
              aimed(call, request),
              Effect.suspend(() => {
                started()
                return atRoute(request, attempt)
              })
            )
            .pipe(
              Effect.map(({ reply, usage }) => {
                answered(reply)
                count(usage)
                return reply
              }),
              Effect.catchTag("UpstreamErrorResponse", ({ reply }) => Effect.succeed(reply))
            )
        },
        open: (
          call,
          request,
          { asItComes = false, askUsage = true, prompt = 0, started = () => {}, streamed = true } = {}
        ) => {
          const refusal = refused(request)
          if (refusal !== undefined) return Effect.succeed(refusal)
          const options = { asItComes, askUsage: askUsage && streamUsage === "auto", prompt, streamed }
          return Gate.open(
            aimed(call, request),
            Effect.suspend(() => {
              started()
              return atRoute(request, (request) => attemptOpen(request, options))
            })
          ).pipe(
            Effect.provideService(Gate, gate),
            Effect.map(({ body, ended, head: { headers, status, usage, whole } }) => {
              answered({ status, headers })
              if (whole === undefined) return { status, headers, body, ended }
              count(usage)
              return { status, headers, body: whole }
            }),
            Effect.catchTag("UpstreamErrorResponse", ({ reply }) => Effect.succeed(reply))
          )
        }
      }
    })
  )
