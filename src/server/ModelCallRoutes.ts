import { type Duration, Effect, Random } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CallOptions } from "../Call.ts"
import type { Rejection } from "../Rejection.ts"
import { now } from "../engine/Time.ts"
import * as CallHeaders from "../upstream/CallHeaders.ts"
import * as ClientRetries from "../upstream/ClientRetries.ts"
import { UpstreamErrorResponse } from "../upstream/UpstreamErrorResponse.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as RejectionResponse from "../upstream/RejectionResponse.ts"
import * as RequestTokens from "../tokenizer/RequestTokens.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { countTokens } from "../upstream/Protocol.ts"
import type { TruncatedStream } from "../upstream/TruncatedStream.ts"
import type { UpstreamReply, UpstreamUnreachable } from "../upstream/Upstream.ts"
import * as ProxyHeaders from "./ProxyHeaders.ts"
import { GatewayError, invalidRequest, upstreamUnreachable } from "./GatewayError.ts"
import * as JsonBody from "./JsonBody.ts"
import * as StreamedReply from "./StreamedReply.ts"
import { RequestContext } from "./RequestContext.ts"

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
  HttpServerResponse.uint8Array(body, { status, headers: ProxyHeaders.returned(headers) })

/** Passes requests through the gate to the model, and its replies back, byte for byte. */
export const layer = (options: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const upstream = yield* GuardedUpstream
      const random = yield* Random.Random
      const clock = yield* now
      const tokenizer = yield* Tokenizer.current

      const inWords = (error: Rejection | UpstreamUnreachable | TruncatedStream): GatewayError =>
        error._tag === "Rejection"
          ? new GatewayError(RejectionResponse.toHttp(error.reason, random.nextDoubleUnsafe()))
          : upstreamUnreachable(error.message)

      const answer = Effect.fnUntraced(function* (
        path: string,
        request: HttpServerRequest.HttpServerRequest,
        context: RequestContext,
        body: JsonBody.JsonBody,
        call: CallOptions,
        prompt: number
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
          headers: ProxyHeaders.forwarded(request.headers, context),
          body: body.bytes,
          model: String(body.value["model"] ?? "")
        } as const
        const sent =
          body.value["stream"] === true && path !== countTokens
            ? upstream.open(call, outgoing, { prompt, started })
            : upstream.send(call, outgoing, started)
        const failed = () => ({ ...waited(), ...ClientRetries.failureHeaders(request.headers, attempts) })
        const reply = yield* ClientRetries.passing(request.headers)(sent).pipe(
          Effect.mapError((error) => inWords(error).with(failed()))
        )
        const what = { request: context.id, method: "POST", path: `/v1${path}` }
        const response =
          "ended" in reply
            ? yield* StreamedReply.of(reply, { path, what, inWords, patience: options.patience })
            : respond(reply)
        return HttpServerResponse.setHeaders(response, UpstreamErrorResponse.is(reply) ? failed() : waited())
      })

      for (const [path, needed] of paths) {
        yield* router.add(
          "POST",
          `/v1${path}`,
          Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
            const context = yield* RequestContext
            const said = yield* Effect.mapError(
              Effect.fromResult(CallHeaders.read(request.headers, context.caller)),
              (fault) => new GatewayError(fault)
            )
            const body = yield* JsonBody.read(request, options)
            yield* checked(body, needed)
            const prompt = RequestTokens.ofPrompt(body.value, tokenizer)
            const maxTokens = RequestTokens.ofReplies(body.value)
            // It is over in a moment, and its caller waits for it before asking for a message.
            const [priority, tokens] =
              path === countTokens
                ? [said.priority ?? 0, 0]
                : [said.priority, RequestTokens.withReply(prompt, body.value)]
            return yield* answer(path, request, context, body, { ...said, priority, tokens, maxTokens }, prompt)
          })
        )
      }
    })
  )
