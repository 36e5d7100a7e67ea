import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { isIPv6 } from "node:net"
import { Effect, Option, Predicate, Redacted, Schema, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import * as Settings from "../config/Settings.ts"
import { Failure } from "./Failure.ts"

/** Which gateway is spoken to, and with which key. */
export interface Options {
  readonly url: Option.Option<string>
  readonly key: Option.Option<Redacted.Redacted>
}

/** A gateway that answers over HTTP. */
export interface GatewayClient {
  readonly url: string
  /** Gets one answer. */
  readonly get: <A>(path: string, schema: Schema.ConstraintDecoder<A>) => Effect.Effect<A, Failure>
  /** Follows events until the gateway ends them or is lost. */
  readonly follow: <A>(path: string, schema: Schema.ConstraintDecoder<A>) => Stream.Stream<A, Failure>
}

const codeOf = (cause: unknown): string | undefined => {
  if (Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code)) return cause.code
  return Predicate.hasProperty(cause, "cause") ? codeOf(cause.cause) : undefined
}

const turnedAway = (keyed: boolean): string =>
  keyed
    ? "does not know this key; give another with --key or HEADGATE_API_KEY"
    : "asks for a key; give it with --key or HEADGATE_API_KEY"

const reasonOf = ({ reason }: HttpClientError.HttpClientError, keyed: boolean): string => {
  if (reason._tag === "StatusCodeError") {
    const { status } = reason.response
    if (status === 403)
      return "has no keys, and answers only to 127.0.0.1, ::1 and localhost; name it so, or set HEADGATE_API_KEYS there"
    return status === 401 ? turnedAway(keyed) : `answers ${status}; is it a gateway of headgate?`
  }
  const code = codeOf(reason)
  if (code === "ECONNREFUSED") return "is not there: nothing listens. Start it with `headgate serve`, or name its URL"
  return code === undefined ? "does not answer as a gateway of headgate does" : `cannot be reached (${code})`
}

const read = (response: HttpClientResponse.HttpClientResponse) =>
  response.stream.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filter((line) => line.startsWith("data: ")),
    Stream.map((line) => line.slice("data: ".length))
  )

/** The address under which a gateway on this machine is reached. */
export const localUrl = (host: string, port: number): string => {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}

/** Finds the gateway that was named, or else the one of the environment. */
const make = Effect.fnUntraced(function* ({ key, url: named }: Options) {
  const url = yield* Option.match(named, {
    onNone: () => Effect.map(Settings.address, ({ host, port }) => localUrl(host, port)),
    onSome: Effect.succeed
  })
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(url)),
    HttpClient.mapRequest(HttpClientRequest.acceptJson),
    HttpClient.mapRequest((request) =>
      Option.isSome(key) ? HttpClientRequest.bearerToken(request, key.value) : request
    ),
    HttpClient.filterStatusOk
  )
  const failure = (why: string) => new Failure({ message: `The gateway at ${url} ${why}.` })
  const lost = (error: HttpClientError.HttpClientError) => failure(reasonOf(error, Option.isSome(key)))
  const strange = () => failure("does not answer as a gateway of headgate does")
  const decode = <A>(schema: Schema.ConstraintDecoder<A>) => {
    const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
    return (text: string) => Effect.mapError(decode(text), strange)
  }

  return {
    url,
    get: (path, schema) =>
      client.get(path).pipe(
        Effect.flatMap(({ text }) => text),
        Effect.timeout("10 seconds"),
        Effect.catchTags({
          HttpClientError: (error) => Effect.fail(lost(error)),
          TimeoutError: () => Effect.fail(failure("does not answer within 10 seconds"))
        }),
        Effect.flatMap(decode(schema))
      ),
    follow: (path, schema) =>
      Stream.unwrap(Effect.map(client.get(path), read)).pipe(Stream.mapError(lost), Stream.mapEffect(decode(schema)))
  } satisfies GatewayClient as GatewayClient
})

/** Speaks to the gateway that was named, or else to the one of the environment. */
export const use = <A, E, R>(options: Options, speak: (gateway: GatewayClient) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(make(options), speak).pipe(Effect.provide(NodeHttpClient.layerUndici))
