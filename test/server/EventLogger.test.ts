import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import * as EventLogger from "../../src/server/EventLogger.ts"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { Stats } from "../../src/Stats.ts"
import { chat, endpoint, onLoopback } from "../support/gateway.ts"

type Line = readonly [level: string, ...message: ReadonlyArray<unknown>]

/** The journal of some figures, and the lines it has written. */
const journal = Effect.fnUntraced(function* (least: "Debug" | "Info" = "Info") {
  const lines: Array<Line> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push([logLevel, ...(message as Array<unknown>)]))
  const context = yield* Layer.build(Layer.provideMerge(EventLogger.layer, Stats.layer)).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, least)
  )
  return { lines, record: Context.get(context, Stats).record }
})

const failed = (kind: string) => ({ _tag: "AttemptFailed", kind }) as const

describe("the journal", () => {
  it.effect("tells when the circuit opens, again, and closes, once each", () =>
    Effect.gen(function* () {
      const { lines, record } = yield* journal()

      record({ _tag: "Circuit", state: "closed", failures: 4 })
      for (let i = 0; i < 2; i++) record({ _tag: "Circuit", state: "open", failures: 5, openFor: 30_000 })
      record({ _tag: "Circuit", state: "half-open", failures: 5 })
      record({ _tag: "Circuit", state: "open", failures: 5, openFor: 30_000 })
      record({ _tag: "Circuit", state: "half-open", failures: 5 })
      record({ _tag: "Circuit", state: "closed", failures: 0 })
      record({ _tag: "Circuit", state: "closed", failures: 0 })

      const opened: Line = [
        "Warn",
        "The circuit opened: calls are refused until a probe succeeds",
        { failures: 5, openFor: "30s" }
      ]
      assert.deepStrictEqual(lines, [opened, opened, ["Info", "The circuit closed: calls pass again"]])
    })
  )

  it.effect("warns of a kind of failure at once, then every ten seconds of how many there were", () =>
    Effect.gen(function* () {
      const { lines, record } = yield* journal()

      for (let i = 0; i < 3; i++) record(failed("503"))
      record(failed("upstream_timeout"))
      yield* TestClock.adjust(9_999)
      record(failed("503"))
      const early = lines.length
      yield* TestClock.adjust(1)
      record(failed("503"))

      assert.strictEqual(early, 2)
      assert.deepStrictEqual(lines, [
        ["Warn", "The model failed", { kind: "503", times: 1 }],
        ["Warn", "The model failed", { kind: "upstream_timeout", times: 1 }],
        ["Warn", "The model failed", { kind: "503", times: 4 }]
      ])
    })
  )

  it.effect("has a line for each failure where debugging is on", () =>
    Effect.gen(function* () {
      const { lines, record } = yield* journal("Debug")

      for (let i = 0; i < 2; i++) record(failed("503"))
      record({ _tag: "Declined", status: 422 })

      assert.deepStrictEqual(lines, [
        ["Warn", "The model failed", { kind: "503", times: 1 }],
        ["Debug", "The model failed", { kind: "503" }],
        ["Debug", "The model rejected a request (4xx)", { kind: "422" }]
      ])
    })
  )

  it.effect("says what to check when the key or the path is refused", () =>
    Effect.gen(function* () {
      const { lines, record } = yield* journal()

      for (const status of [401, 404, 401, 400]) record({ _tag: "Declined", status })

      assert.deepStrictEqual(
        lines.map(([level, said]) => [level, String(said).replace(/^.*: check/, "check")]),
        [
          ["Warn", "check OPENAI_API_KEY"],
          ["Warn", "check OPENAI_BASE_URL and the model's name"]
        ]
      )
    })
  )

  it.effect("goes on however many kinds there are", () =>
    Effect.gen(function* () {
      const { lines, record } = yield* journal()

      for (let i = 0; i <= 100; i++) record(failed(`kind ${i}`))
      record(failed("kind 0"))
      record(failed("kind 100"))

      assert.strictEqual(lines.length, 102)
    })
  )

  it.live("is kept by the service, without a word of its calls", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const { url: baseUrl } = yield* endpoint((request, response) => {
        request.resume()
        response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"message":"for sk-123: Hello"}}')
      })
      const { url } = yield* onLoopback({
        upstream: UpstreamHttp.layer({ baseUrl }),
        limits: { circuitBreaker: { maxFailures: 2, timeout: 20_000 } },
        log: (message, level) => lines.push(JSON.stringify([level, message]))
      })

      for (const stream of [false, true])
        yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, chat({ stream })).then((reply) => reply.text()))

      assert.deepStrictEqual(lines, [
        '["Warn",["The model failed",{"kind":"500","times":1}]]',
        '["Warn",["The circuit opened: calls are refused until a probe succeeds",{"failures":2,"openFor":"20s"}]]'
      ])
    })
  )
})
