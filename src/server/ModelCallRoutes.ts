import { type Duration, Effect, Random } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CallOptions } from "../Call.ts"
import type { Rejection } from "../Rejection.ts"
import { now } from "../engine/Time.ts"
import * as CallHeaders from "../upstream/CallHeaders.ts"
import * as ClientRetries from "../upstream/ClientRetries.ts"
import { FailedReply } from "../upstream/FailedReply.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as Refusal from "../upstream/Refusal.ts"
import { countTokens, protocolOf, tokensOf } from "../upstream/Protocol.ts"
import type { UnfinishedAnswer } from "../upstream/UnfinishedAnswer.ts"
import type { UpstreamReply, UpstreamUnreachable } from "../upstream/Upstream.ts"
import * as Forwarding from "./Forwarding.ts"
import { GatewayError, invalidRequest, upstreamUnreachable } from "./GatewayError.ts"
import * as JsonBody from "./JsonBody.ts"
import * as StreamedReply from "./StreamedReply.ts"
import { Visit } from "./Visit.ts"

export interface Options extends JsonBody.Options {
  /** How long the reader of a stream may take for what is left when the answer has ended. */
  readonly patience: Duration.Input
}

/** The paths that go through the gate, and what a body must bring for each. */
const paths = [
  ["/chat/completions", "messages"],
  ["/completions", "prompt"],
  ["/embeddings", "input"],
  ["/responses", undefined],
  ["/messages", "messages"],
  [countTokens, "messages"]
] as const

const checked = ({ value }: JsonBody.JsonBody, needed: string | undefined): Effect.Effect<void, GatewayError> => {
  if (needed === "messages" && !Array.isArray(value["messages"])) {
    return Effect.fail(invalidRequest("messages", "`messages` must be an array."))
  }
  if (needed !== undefined && (value[needed] ?? null) === null) {
    return Effect.fail(invalidRequest(needed, `\`${needed}\` is missing.`))
  }
  return typeof (value["stream"] ?? false) === "boolean"
    ? Effect.void
    : Effect.fail(invalidRequest("stream", "`stream` must be true or false."))
}

const respond = ({ body, headers, status }: UpstreamReply) =>
  HttpServerResponse.uint8Array(body, { status, headers: Forwarding.returned(headers) })

/** Passes requests through the gate to the model, and its replies back, byte for byte. */
export const layer = (options: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const upstream = yield* GuardedUpstream
      const random = yield* Random.Random
      const clock = yield* now

      const inWords = (error: Rejection | UpstreamUnreachable | UnfinishedAnswer): GatewayError =>
        error._tag === "Rejection"
          ? new GatewayError(Refusal.fromReason(error.reason, random.nextDoubleUnsafe()))
          : upstreamUnreachable(error.message)

      const answer = Effect.fnUntraced(function* (
        path: string,
        request: HttpServerRequest.HttpServerRequest,
        visit: Visit,
        body: JsonBody.JsonBody,
        call: CallOptions
      ) {
        const arrivedAt = clock()
        let startedAt: number | undefined
        let attempts = 0
        const started = () => {
          attempts++
          startedAt ??= clock()
        }
        const waited = () => ({ "x-headgate-wait-ms": String(Math.round((startedAt ?? clock()) - arrivedAt)) })
        const outgoing = {
          method: "POST",
          path: request.url.replace(/^[^?]*/, path),
          headers: Forwarding.forwarded(request.headers, visit),
          body: body.bytes,
          model: String(body.value["model"] ?? "")
        } as const
        const sent =
          body.value["stream"] === true && path !== countTokens
            ? upstream.open(call, outgoing, { prompt: protocolOf(path).promptTokens(body.value), started })
            : upstream.send(call, outgoing, started)
        const failed = () => ({ ...waited(), ...ClientRetries.failureHeaders(request.headers, attempts) })
        const reply = yield* ClientRetries.passing(request.headers)(sent).pipe(
          Effect.mapError((error) => inWords(error).with(failed()))
        )
        const what = { request: visit.id, method: "POST", path: `/v1${path}` }
        const response =
          "ended" in reply
            ? yield* StreamedReply.of(reply, { path, what, inWords, patience: options.patience })
            : respond(reply)
        return HttpServerResponse.setHeaders(response, FailedReply.is(reply) ? failed() : waited())
      })

      for (const [path, needed] of paths) {
        yield* router.add(
          "POST",
          `/v1${path}`,
          Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
            const visit = yield* Visit
            const said = yield* Effect.mapError(
              Effect.fromResult(CallHeaders.read(request.headers, visit.caller)),
              (fault) => new GatewayError(fault)
            )
            const body = yield* JsonBody.read(request, options)
            yield* checked(body, needed)
            // It is over in a moment, and its caller waits for it before asking for a message.
            const priority = said.priority ?? (path === countTokens ? 0 : undefined)
            const call = { ...said, priority, tokens: tokensOf(path, body.value) }
            return yield* answer(path, request, visit, body, call)
          })
        )
      }
    })
  )
