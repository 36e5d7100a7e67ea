import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { times } from "../support/gate.ts"
import { before, type Place } from "../support/endpoints.ts"
import { answer, ask, chunk, events, json, reply } from "../support/faults.ts"
import { json as bodyOf, until } from "../support/gateway.ts"

interface Seen {
  readonly path: string
  readonly body: { readonly model?: string; readonly stream?: boolean }
  readonly text: string
  readonly headers: IncomingMessage["headers"]
}

type Script = (response: ServerResponse, seen: Seen) => void

/** An endpoint that answers by a script, and notes what it was sent. */
const place = (name: string, script: Script, given: Place["given"] = {}) => {
  const seen: Array<Seen> = []
  const listener: Place["listener"] = (request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const text = Buffer.concat(parts).toString()
      const body = text === "" ? {} : (JSON.parse(text) as Seen["body"])
      const one = { path: request.url ?? "", body, text, headers: request.headers }
      seen.push(one)
      script(response, one)
    })
  }
  return { name, listener, given, seen }
}

const good: Script = (response, { body }) => {
  if (body.stream === true) response.writeHead(200, { "content-type": events }).end(answer())
  else response.writeHead(200, { "content-type": json }).end(reply)
}

const failing =
  (status: number, headers: Record<string, string> = {}): Script =>
  (response) =>
    void response.writeHead(status, { "content-type": json, ...headers }).end(`{"error":{"message":"no"}}`)

const refusing: Script = (response) => void response.socket?.destroy()
const hanging: Script = () => {}

const cutting: Script = (response, { body }) => {
  response.writeHead(200, { "content-type": body.stream === true ? events : json })
  response.write(body.stream === true ? chunk({ content: "hi" }) : reply.slice(0, 20))
  setImmediate(() => response.socket?.destroy())
}

const askMany = (url: string, count: number, body: object = {}) =>
  Effect.forEach(times(count), () => ask(url, { ...body }), { concurrency: "unbounded" })

const faults: ReadonlyArray<readonly [string, Script]> = [
  ["fails with 500", failing(500)],
  ["answers 503 with a time to come back", failing(503, { "retry-after": "60" })],
  ["answers 429", failing(429, { "retry-after": "60" })],
  [
    "answers 429 for an empty account",
    (response) => void response.writeHead(429, { "content-type": json }).end(`{"error":{"code":"insufficient_quota"}}`)
  ],
  ["answers 408", failing(408)],
  ["breaks the connection", refusing],
  ["hangs", hanging],
  [
    "reports an error in a 200 answer",
    (response) => void response.writeHead(200, { "content-type": json }).end(`{"error":{"message":"x","code":500}}`)
  ]
]

describe("Several endpoints", () => {
  for (const [fault, script] of faults) {
    for (const stream of [false, true]) {
      it.live(`one of two ${fault}: no ${stream ? "stream" : "call"} is lost that the other could serve`, () =>
        Effect.gen(function* () {
          const east = place("east", script, { limits: { requestTimeout: 300 } })
          const west = place("west", good)
          const { stats, url } = yield* before([east, west])

          const got = yield* askMany(url, 20, { stream })

          assert.deepStrictEqual(
            got.map(({ status }) => status),
            got.map(() => 200)
          )
          assert.deepStrictEqual(
            new Set(got.map(({ headers }) => headers.get("x-headgate-endpoint"))),
            new Set(["west"])
          )
          assert.isAbove(east.seen.length, 0)
          const { requests } = yield* stats.snapshot
          assert.deepStrictEqual([requests.total, requests.succeeded, requests.inFlight], [20, 20, 0])
        })
      )
    }
  }

  it.live("an answer that is cut before its caller has a byte comes from the other endpoint", () =>
    Effect.gen(function* () {
      const east = place("east", cutting)
      const west = place("west", good)
      const { url } = yield* before([east, west])

      const got = yield* askMany(url, 20)

      assert.isTrue(got.every(({ status }) => status === 200))
    })
  )

  it.live("a stream that is cut after its first byte is sent to nobody else", () =>
    Effect.gen(function* () {
      const east = place("east", cutting, { circuitBreaker: { maxFailures: Infinity } })
      const west = place("west", good)
      const { url } = yield* before([east, west])

      const got = yield* askMany(url, 20, { stream: true })

      assert.strictEqual(east.seen.length + west.seen.length, 20)
      assert.strictEqual(got.filter(({ text }) => text.includes("[DONE]")).length, west.seen.length)
      assert.strictEqual(got.filter(({ text }) => text.includes("upstream_unreachable")).length, east.seen.length)
    })
  )

  it.live("the limits of each endpoint hold", () =>
    Effect.gen(function* () {
      const peaks = { east: 0, west: 0 }
      const running = { east: 0, west: 0 }
      const held: Array<() => void> = []
      const slow =
        (name: "east" | "west"): Script =>
        (response, seen) => {
          peaks[name] = Math.max(peaks[name], ++running[name])
          held.push(() => {
            running[name]--
            good(response, seen)
          })
          // All that may run at once do, or else these are the last.
          if (running.east + running.west < 7 && done + held.length < total) return
          done += held.length
          for (const end of held.splice(0)) end()
        }
      const total = 49
      let done = 0
      const { stats, url } = yield* before([
        place("east", slow("east"), { limits: { maxConcurrentRequests: 2 } }),
        place("west", slow("west"), { limits: { maxConcurrentRequests: 5 } })
      ])

      const got = yield* askMany(url, total)

      assert.isTrue(got.every(({ status }) => status === 200))
      assert.deepStrictEqual(peaks, { east: 2, west: 5 })
      const { endpoints = [], queue } = yield* stats.snapshot
      assert.deepStrictEqual([queue.queueSize, queue.maxConcurrent], [0, 7])
      assert.deepStrictEqual(
        endpoints.map(({ queue }) => [queue.activeRequests, queue.maxConcurrent]),
        [
          [0, 2],
          [0, 5]
        ]
      )
    })
  )

  for (const stream of [false, true]) {
    const what = stream ? "stream" : "reply"
    it.live(`an adaptive endpoint whose ${what} says that its limit is used up is spared, and the other asked`, () =>
      Effect.gen(function* () {
        const tired: Script = (response, seen) => {
          response.setHeader("x-ratelimit-limit-requests", "60")
          response.setHeader("x-ratelimit-remaining-requests", "0")
          response.setHeader("x-ratelimit-reset-requests", "60s")
          good(response, seen)
        }
        const adaptive = { preset: "adaptive", limits: { maxConcurrentRequests: Infinity } } as const
        const east = place("east", tired, adaptive)
        const west = place("west", good, { ...adaptive, order: 1 })
        const { stats, url } = yield* before([east, west])

        const got = yield* Effect.forEach(times(10), () => ask(url, { stream }))

        assert.isTrue(got.every(({ status }) => status === 200))
        assert.deepStrictEqual([east.seen.length, west.seen.length], [1, 9])
        assert.strictEqual((yield* stats.snapshot).requests.retried, 0)
      })
    )
  }

  it.live("the model's name is that of the endpoint, every other byte stays, and each host gets its own key only", () =>
    Effect.gen(function* () {
      const east = place("east", good, { apiKey: Redacted.make("east-key"), aliases: { fast: "gpt-4o-mini" } })
      const west = place("west", good, { models: ["claude-*"] })
      const { url } = yield* before([east, west])
      const text = `{ "model" : "fast","messages":[], "big": 12345678901234567890, "x":{"model":"fast"} }`

      const post = (body: string) =>
        Effect.promise(() =>
          fetch(`${url}/v1/chat/completions`, {
            method: "POST",
            body,
            headers: { "content-type": json, authorization: "Bearer mine", "x-api-key": "mine", "api-key": "mine" }
          }).then((response) => response.text())
        )
      yield* post(text)
      yield* post(text.replace("fast", "claude-x"))

      assert.strictEqual(east.seen[0]!.text, text.replace("fast", "gpt-4o-mini"))
      assert.strictEqual(east.seen[0]!.headers.authorization, "Bearer east-key")
      const { headers } = west.seen[0]!
      assert.deepStrictEqual(
        [headers.authorization, headers["x-api-key"], headers["api-key"]],
        [undefined, undefined, undefined]
      )
      assert.notInclude(JSON.stringify([east.seen, west.seen]), "mine")
    })
  )

  it.live("a model that no endpoint serves is a 404 in the caller's API, which names the models", () =>
    Effect.gen(function* () {
      const { stats, url } = yield* before([
        place("east", good, { models: ["gpt-*"], aliases: { fast: "gpt-4o-mini" } }),
        place("west", good, { models: ["claude-x"] })
      ])

      const chat = yield* ask(url, { model: "llama" })
      const stream = yield* ask(url, { model: "llama", stream: true })
      const messages = yield* ask(url, { model: "llama", path: "/v1/messages", max_tokens: 5 })

      const { error } = JSON.parse(chat.text) as { error: Record<string, string> }
      assert.deepStrictEqual(
        [chat.status, error["code"], error["param"], error["type"]],
        [404, "model_not_found", "model", "invalid_request_error"]
      )
      assert.include(error["message"], "fast, gpt-*, claude-x")
      assert.strictEqual(stream.text, chat.text)
      assert.deepStrictEqual(
        [messages.status, (JSON.parse(messages.text) as { error: { type: string } }).error.type],
        [404, "not_found_error"]
      )
      assert.strictEqual((yield* stats.snapshot).requests.total, 0)
    })
  )

  it.live("the models of all endpoints are listed once, with aliases", () =>
    Effect.gen(function* () {
      const listing: Script = (response, seen) => {
        if (!seen.path.startsWith("/v1/models")) return good(response, seen)
        const data = ["gpt-4o", "gpt-4o-mini", "whisper"].map((id) => ({
          id,
          object: "model",
          created: 7,
          owned_by: "x"
        }))
        const one = data.find(({ id }) => seen.path.endsWith(`/${id}`))
        response.writeHead(one === undefined && seen.path !== "/v1/models" ? 404 : 200, { "content-type": json })
        response.end(JSON.stringify(one ?? { object: "list", data }))
      }
      const { url } = yield* before([
        place("east", listing, { models: ["gpt-*"], aliases: { fast: "gpt-4o-mini" } }),
        place("west", refusing, { models: ["claude-x", "gpt-4o", "o*"] })
      ])
      const get = (path: string) =>
        Effect.flatMap(
          Effect.promise(() => fetch(url + path)),
          (response) => bodyOf<Record<string, unknown>>(response)
        )

      const all = (yield* get("/v1/models")) as unknown as { data: ReadonlyArray<{ id: string; owned_by: string }> }
      const fast = yield* get("/v1/models/fast")

      assert.deepStrictEqual(
        all.data.map(({ id, owned_by }) => `${id} ${owned_by}`),
        ["fast east", "gpt-4o east", "gpt-4o-mini east", "claude-x west"]
      )
      assert.deepStrictEqual([fast["id"], fast["owned_by"]], ["fast", "east"])
      assert.strictEqual(((yield* get("/v1/models/whisper"))["error"] as { code: string }).code, "model_not_found")
    })
  )

  it.live("while the settings change under load no call is lost, and nothing is left behind", () =>
    Effect.gen(function* () {
      const { endpoints, settings, stats, url } = yield* before([
        place("east", good, { limits: { maxConcurrentRequests: 3 } }),
        place("west", good, { limits: { maxConcurrentRequests: 3 } })
      ])
      const [east, west] = settings
      const limited = { ...east!, limits: { ...east!.limits, maxConcurrentRequests: 1 } }
      const changes = [[east!], [limited, west!], [west!], [{ ...west!, weight: 3 }, east!]]
      let index = 0
      const change = Effect.suspend(() =>
        endpoints.update({ endpoints: changes[index++ % changes.length]!, fallbackModels: {} })
      )

      const got = yield* Effect.forEach(
        times(200),
        (each) => Effect.andThen(each % 10 === 0 ? change : Effect.void, ask(url, { stream: each % 2 === 0 })),
        { concurrency: 12 }
      )

      assert.strictEqual(got.filter(({ status }) => status === 200).length, 200)
      const figures = yield* until(stats, ({ requests }) => requests.inFlight === 0)
      const { endpoints: all = [], queue, requests } = Option.getOrThrow(figures)
      assert.deepStrictEqual([requests.total, requests.succeeded, requests.retried], [200, 200, 0])
      assert.deepStrictEqual([queue.queueSize, queue.activeRequests], [0, 0])
      assert.isTrue(all.every(({ draining, queue }) => !draining && queue.activeRequests === 0))
    })
  )

  it.live("of a storm with faults and callers that leave, nothing is left behind, and the sums hold", () =>
    Effect.gen(function* () {
      const scripts = [good, failing(500), failing(429), good, refusing, cutting, good]
      let turn = 0
      const east = place("east", (response, seen) => scripts[turn++ % scripts.length]!(response, seen))
      const west = place("west", good, { limits: { maxConcurrentRequests: 5 } })
      const { stats, url } = yield* before([east, west], { maxRetries: 2, maxQueueSize: 1000 })

      const got = yield* Effect.forEach(
        times(300),
        (each) => Effect.timeoutOption(ask(url, { stream: each % 5 === 0 }), each % 3 === 0 ? 20 : 30_000),
        { concurrency: 40 }
      )

      const answered = got.flatMap(Option.toArray)
      assert.deepStrictEqual(
        answered.filter(({ status }) => status !== 200).map(({ status, text }) => `${status} ${text}`),
        []
      )
      const figures = yield* until(stats, ({ requests }) => requests.inFlight === 0)
      const { endpoints = [], queue, requests } = Option.getOrThrow(figures)
      const { cancelled, failed, rejected, succeeded, timedOut, total } = requests
      assert.strictEqual(total, succeeded + failed + rejected + cancelled + timedOut)
      assert.deepStrictEqual([queue.queueSize, queue.activeRequests], [0, 0])
      for (const { queue, requests } of endpoints) {
        assert.deepStrictEqual([queue.activeRequests, queue.queueSize, requests.inFlight], [0, 0, 0])
      }
    })
  )
})
