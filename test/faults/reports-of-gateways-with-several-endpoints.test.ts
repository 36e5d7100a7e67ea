import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { routedTo, settingsOf } from "../support/endpoints.ts"
import { apis } from "../support/storm/Apis.ts"
import { RawCaller, requestOf } from "../support/wire/RawCaller.ts"
import { type Exchange, RawEndpoint } from "../support/wire/RawEndpoint.ts"

const head = (status: string, ...headers: ReadonlyArray<string>) =>
  `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join("")}\r\n`

const json = "content-type: application/json"
const events = "content-type: text/event-stream"

/** A request, and how a good endpoint answers it. */
interface Asked {
  readonly body: string
  readonly streamed: boolean
  readonly type: string
}

type Answer = (asked: Asked, exchange: Exchange) => void

const say =
  (of: (asked: Asked) => string | Buffer): Answer =>
  (asked, { finish, socket }) => {
    socket.write(of(asked))
    finish()
  }

const sized = (body: string, ...headers: ReadonlyArray<string>) =>
  head("200 OK", `content-length: ${Buffer.byteLength(body)}`, ...headers) + body

const good = say(({ body, type }) => sized(body, type))

const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const page = "<!DOCTYPE html><html><body>Just a moment...</body></html>"
const failure = 'data: {"error":{"message":"the engine is full","code":null}}\n\ndata: [DONE]\n\n'

/** What public reports tell of endpoints that answer in no usable way: another endpoint must. */
const failing: Readonly<Record<string, Answer>> = {
  "a page with status 200": say(() => sized(page, "content-type: text/html; charset=utf-8")),
  "a page that is called JSON": say(() => sized(page, json)),
  "a page that is called a stream": say(() => sized(page, events)),
  "a page with status 503": say(() => head("503 Down", `content-length: ${page.length}`) + page),
  "a bare text with status 200": say(() => sized("upstream error: outcome=exhausted", "content-type: text/plain")),
  "null with status 200": say(() => sized("null", json)),
  "white space with status 200": say(() => sized(" \n ", json)),
  "JSON that is cut to its length": say(({ streamed, body }) =>
    sized(streamed ? '{"id":"c","cho' : body.slice(0, -9), json)
  ),
  "an error in the first event, then [DONE]": say(() => sized(failure, events)),
  "a reset": (_, { socket }) => void socket.resetAndDestroy(),
  "a greeting of another protocol": say(() => "SSH-2.0-OpenSSH_9.2\r\n"),
  "a length and chunks": say(
    ({ body, type }) => head("200 OK", type, "content-length: 5", "transfer-encoding: chunked") + chunked(body)
  ),
  "two lengths": say(({ body, type }) => head("200 OK", type, "content-length: 5", "content-length: 6") + body),
  "a header with a control character": say(({ body, type }) => sized(body, type, "x-bad: a\u0001b")),
  "status 600": say(() => head("600 Odd", "content-length: 0")),
  "status 529": say(() => head("529 Overloaded", "content-length: 0"))
}

const done = "data: [DONE]\n\n"

/** What is odd and all the same an answer: no other endpoint is asked, and it counts as one. */
const odd: Readonly<Record<string, Answer>> = {
  "early hints before it": say((asked) => head("103 Early Hints", "link: </x>") + sized(asked.body, asked.type)),
  "no length, in HTTP/1.0": ({ body, type }, { socket }) =>
    void socket.end(`HTTP/1.0 200 OK\r\n${type}\r\n\r\n${body}`),
  "no length, until the connection closes": ({ body, type }, { socket }) =>
    void socket.end(head("200 OK", type) + body),
  "no reason phrase": say(({ body, type }) => sized(body, type).replace("200 OK", "200")),
  "no type": say(({ body }) => sized(body)),
  "the type of the other kind": say(({ body, streamed }) => sized(body, streamed ? json : events)),
  "a type in capitals, twice": say(({ body, type }) => sized(body, type.toUpperCase(), type)),
  "a header in Unicode": say(({ body, type }) => Buffer.from(sized(body, type, "x-name: señor 🙂"))),
  "trailers and chunk extensions": say(
    ({ body, type }) =>
      `${head("200 OK", type, "transfer-encoding: chunked")}${chunked(body).replace("\r", ";a=b\r")}0\r\nx-sum: 1\r\n\r\n`
  ),
  "a byte order mark": say(({ body, type }) => sized(`\ufeff${body}`, type)),
  CRLF: say(({ body, type }) => sized(body.replaceAll("\n", "\r\n"), type)),
  "no space after data": say(({ body, type }) => sized(body.replaceAll("data: ", "data:"), type)),
  "no [DONE]": say(({ body, type }) => sized(body.replace(done, ""), type)),
  "an error after its end": say(({ body, streamed, type }) =>
    sized(streamed ? `${body}data: {"error":{"message":"late"}}\n\n` : body, type)
  ),
  "an error of null in it": say(({ body, streamed, type }) =>
    sized(streamed ? body : body.replace("{", '{"error":null,'), type)
  ),
  "a line of 300,000 characters": say(({ body, type }) => sized(body.replace("Oslo ", "x".repeat(3e5)), type)),
  "a second reply behind it": say(({ body, type }) => sized(body, type) + sized(body, type))
}

/** A gateway before two endpoints, the first of which answers as it is told to. */
class Two extends Context.Service<Two>()("Two", {
  make: Effect.gen(function* () {
    let asked: Omit<Asked, "body"> & { readonly of: (id: string) => string } = { streamed: false, type: "", of: String }
    let odd = good
    const listening = (id: string, answer: () => Answer) =>
      Effect.acquireRelease(
        Effect.promise(() => RawEndpoint.listen((exchange) => answer()({ ...asked, body: asked.of(id) }, exchange))),
        (raw) => Effect.promise(() => raw.close())
      )
    const [east, west] = [yield* listening("east", () => odd), yield* listening("west", () => good)]
    // Each case finds the first endpoint as good as new.
    const circuitBreaker = { maxFailures: Infinity }
    const settings = [
      settingsOf("east", east.url, { circuitBreaker }),
      settingsOf("west", west.url, { circuitBreaker, order: 1 })
    ]
    const { stats, url } = yield* routedTo(settings)
    const counts = Effect.map(stats.snapshot, ({ endpoints = [], requests }) => [
      endpoints[0]!.requests.succeeded,
      endpoints[0]!.requests.failed,
      requests.succeeded
    ])
    let calls = 0

    const ask = Effect.fnUntraced(function* (api: string, streamed: boolean, answer: Answer) {
      const { answer: whole, ask, events: parts, path } = apis[api]!
      const of = (id: string) => (streamed ? parts!(id).join("") : whole(id))
      asked = { streamed, type: streamed ? events : json, of }
      odd = answer
      const before = yield* counts
      const caller = new RawCaller(url)
      // What is known of a model must not matter.
      const body = { model: `model-${calls++}`, ...ask, ...(streamed && { stream: true }) }
      caller.socket.write(requestOf(path, JSON.stringify(body)))
      yield* Effect.promise(() => caller.answered())
      caller.socket.destroy()
      assert.isUndefined(caller.parser.fault)
      const { body: got, status } = caller.replies[0]!
      const counted = (yield* counts).map((count, index) => count - before[index]!)
      return { status, text: got.toString(), counted, good: of("west") }
    })
    return { ask }
  })
}) {
  static readonly layer = Layer.effect(this, this.make)
}

const kinds = [
  ["chat", false],
  ["chat", true],
  ["message", false],
  ["message", true]
] as const

layer(Two.layer, { excludeTestServices: true })("One of two endpoints answers with", (it) => {
  for (const [api, streamed] of kinds) {
    const what = `${streamed ? "a stream" : "a reply"} of ${api === "chat" ? "a chat" : "a message"}`

    for (const [name, answer] of Object.entries(failing)) {
      it.effect(`${name} in place of ${what}: the other is asked`, () =>
        Effect.gen(function* () {
          const { ask } = yield* Two
          const { counted, good, status, text } = yield* ask(api, streamed, answer)

          assert.deepStrictEqual([status, text], [200, good])
          assert.deepStrictEqual(counted, [0, 1, 1])
        })
      )
    }

    for (const [name, answer] of Object.entries(odd)) {
      it.effect(`${what} with ${name}: it counts as one`, () =>
        Effect.gen(function* () {
          const { ask } = yield* Two
          const { counted, status, text } = yield* ask(api, streamed, answer)

          assert.deepStrictEqual([status, text.includes('"east"')], [200, true])
          assert.deepStrictEqual(counted, [1, 0, 1])
        })
      )
    }
  }
})
