import type { Exchange } from "../wire/RawEndpoint.ts"
import { header } from "../wire/HttpParser.ts"
import { type Api, usageEvent, valueOf } from "./Apis.ts"

/** What an endpoint does to one request. */
export type Fault =
  | "500"
  | "429"
  | "refused"
  | "reset before the head"
  | "reset after the head"
  | "cut in the middle"
  | "hang"
  | "hang after the head"
  | "hang in the middle"
  | "empty"
  | "malformed"
  | "error in a 200"
  | "error event"
  | "trickle"

export const faults: ReadonlyArray<Fault> = [
  "500",
  "429",
  "reset before the head",
  "reset after the head",
  "cut in the middle",
  "hang",
  "hang after the head",
  "hang in the middle",
  "empty",
  "malformed",
  "error in a 200",
  "error event",
  "trickle"
]

export const errorBody = '{"error":{"message":"not now","type":"server_error","param":null,"code":"theirs"}}'
export const reportedBody = '{"error":{"message":"boom","type":"server_error","code":500}}'
export const malformedBody = '{"id":"broken","choices":[{"index":0,"message":{"content":"Os'

const head = (status: number, headers: string) => `HTTP/1.1 ${status} Status\r\n${headers}\r\n\r\n`

const json = (status: number, body: string, more = "") =>
  head(status, `content-type: application/json\r\n${more}content-length: ${Buffer.byteLength(body)}`) + body

const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const streaming = head(200, "content-type: text/event-stream\r\ntransfer-encoding: chunked")

/** The events of an answer to this request: the usage is among them if it is asked for. */
export const eventsFor = (api: Api, { request }: Pick<Exchange, "request">, id: string): ReadonlyArray<string> => {
  const events = api.events!(id)
  const body = valueOf(request.body.toString()) as { stream_options?: { include_usage?: boolean } } | undefined
  return body?.stream_options?.include_usage === true
    ? [...events.slice(0, -1), usageEvent(id), ...events.slice(-1)]
    : events
}

/** Answers as a good endpoint does. */
export const serve = (exchange: Exchange, api: Api, id: string, streamed: boolean): void => {
  const { finish, socket } = exchange
  if (streamed) socket.write(streaming + eventsFor(api, exchange, id).map(chunked).join("") + "0\r\n\r\n")
  else socket.write(json(200, api.answer(id)))
  finish()
}

/** Writes one part after the other, a little time apart. */
const slowly = ({ finish, socket }: Exchange, parts: ReadonlyArray<string>): void => {
  const [part, ...rest] = parts
  if (socket.destroyed) return
  if (part === undefined) return finish()
  socket.write(part)
  setTimeout(() => slowly({ finish, socket } as Exchange, rest), 3)
}

/** Answers as an endpoint with this fault does. */
export const misbehave = (fault: Fault, exchange: Exchange, api: Api, id: string, streamed: boolean): void => {
  const { finish, socket } = exchange
  const say = (text: string) => {
    socket.write(text)
    finish()
  }
  const [first = "", second = "", ...rest] = streamed ? eventsFor(api, exchange, id) : []
  const half = api.answer(id).slice(0, 12)
  const length = Buffer.byteLength(api.answer(id))
  const begun = streamed
    ? streaming + chunked(first) + chunked(second)
    : head(200, `content-type: application/json\r\ncontent-length: ${length}`) + half
  switch (fault) {
    case "500":
      return say(json(500, errorBody))
    case "429":
      return say(json(429, errorBody, "retry-after-ms: 20\r\n"))
    case "reset before the head":
    case "refused":
      return void socket.resetAndDestroy()
    case "reset after the head":
      return void socket.write(streaming, () => socket.resetAndDestroy())
    case "cut in the middle":
      return void socket.end(begun)
    case "hang":
      return
    case "hang after the head":
      return void socket.write(streaming)
    case "hang in the middle":
      return void socket.write(begun)
    case "empty":
      return say(json(200, ""))
    case "malformed":
      return say(json(200, malformedBody))
    case "error in a 200":
      return say(json(200, reportedBody))
    case "error event":
      return streamed
        ? say(streaming + [first, second, api.failure].map(chunked).join("") + "0\r\n\r\n")
        : say(json(200, reportedBody))
    case "trickle":
      return slowly(
        exchange,
        streamed
          ? [streaming, ...[first, second, ...rest].map(chunked), "0\r\n\r\n"]
          : json(200, api.answer(id)).match(/[^]{1,40}/gu)!
      )
  }
}

/** The id of the request that an exchange is of. */
export const idOf = ({ request }: Exchange): string => header(request, "x-request-id") ?? ""
