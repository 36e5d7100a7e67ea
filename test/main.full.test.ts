import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Snapshot } from "../src/stats/Snapshot.ts"
import { chat, endpoint, json, onLoopback } from "./support/gateway.ts"
import { get, ready, start } from "./support/service.ts"

/** An endpoint that answers when it is told to, and tells when it is asked. */
const held = Effect.gen(function* () {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const { url } = yield* endpoint((_request, response) => {
    asked.resolve()
    void answer.promise.then(() => response.writeHead(200, { "content-type": "application/json" }).end('{"held":1}'))
  })
  return { url, asked: Effect.promise(() => asked.promise), answer: () => answer.resolve() }
})

describe("npm start", () => {
  it.live("streams by the simulated model, and ends what streams when it is told to stop", () =>
    Effect.gen(function* () {
      const service = yield* start({ LLM_REQUESTS_PER_SECOND: "unlimited" })
      const url = yield* ready(service)
      const streamed = yield* get(`${url}/v1/chat/completions`, chat({ stream: true, max_tokens: 5 }))
      const running = yield* get(`${url}/v1/chat/completions`, chat({ stream: true, max_tokens: 50 }))
      service.child.kill("SIGTERM")

      for (const response of [streamed, running]) {
        assert.match(response.headers.get("content-type")!, /^text\/event-stream/)
        assert.match(
          yield* Effect.promise(() => response.text()),
          /"finish_reason":"length"[^]*\n\ndata: \[DONE\]\n\n$/
        )
      }
      assert.strictEqual((yield* service.ends).code, 0)
    })
  )

  it.live("whoever comes while it starts is refused or answered, not left waiting", () =>
    Effect.gen(function* () {
      const free = yield* endpoint(() => {})
      const { port } = new URL(free.url)
      free.close()
      yield* start({ PORT: port })
      // Comes again and again from the very start on.
      const knock = Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/health/live`))
      const response = yield* Effect.retry(knock, { while: () => true })

      assert.strictEqual(response.status, 200)
    })
  )

  it.live("goes on when the reader of its log has gone, and ends as usual", () =>
    Effect.gen(function* () {
      const service = yield* start({})
      const url = yield* ready(service)
      service.child.stdout!.destroy()
      service.child.stderr!.destroy()
      const leaving = new AbortController()
      const left = fetch(`${url}/v1/chat/completions`, { ...chat(), signal: leaving.signal }).catch(() => {})
      yield* Effect.repeat(
        Effect.flatMap(get(`${url}/stats`), (response) => json<{ requests: { inFlight: number } }>(response)),
        { until: ({ requests }) => requests.inFlight > 0 }
      )
      leaving.abort()
      yield* Effect.promise(() => left)
      service.child.kill("SIGTERM")

      assert.strictEqual((yield* service.ends).code, 0)
    })
  )

  it.live("each log line is JSON where nobody watches", () =>
    Effect.gen(function* () {
      const service = yield* start({ JOBS_PER_MIN: "0" })
      yield* ready(service)
      service.child.kill("SIGTERM")
      const { code, out } = yield* service.ends

      assert.strictEqual(code, 0)
      for (const line of out.trim().split("\n")) assert.isString(JSON.parse(line).message)
    })
  )

  it.live("agents work on the simulated model", () =>
    Effect.gen(function* () {
      const variables = { POPULATION_SIZE: "2", JOBS_PER_MIN: "6000", LLM_REQUESTS_PER_SECOND: "unlimited" }
      const service = yield* start(variables)
      const url = yield* ready(service)
      const response = yield* get(`${url}/stats/stream`)
      const text = yield* Effect.promise(async () => {
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
        let text = ""
        while (!/"completed":[1-9]/.test(text)) text += (await reader.read()).value!
        return text
      })

      assert.match(text, /"caller":"agent-[12]"/)
    })
  )

  it.live("agents work on the endpoints of a file, beside the callers, if they are asked for", () =>
    Effect.gen(function* () {
      const { stats, url: at } = yield* onLoopback()
      const folder = mkdtempSync(join(tmpdir(), "headgate-"))
      const file = join(folder, "headgate.json")
      const endpoints = [{ name: "east", baseUrl: `${at}/v1`, aliases: { fast: "gpt-4o-mini" } }]
      writeFileSync(file, JSON.stringify({ endpoints }))
      const variables = { HEADGATE_CONFIG: file, LLM_MODEL: "fast", LLM_REQUESTS_PER_SECOND: "unlimited" }
      const service = yield* start({ ...variables, POPULATION_SIZE: "2", JOBS_PER_MIN: "6000" })
      const url = yield* ready(service)

      yield* Effect.repeat(
        Effect.flatMap(get(`${url}/stats`), (response) => json<{ jobs: { completed: number } }>(response)),
        { until: ({ jobs }) => jobs.completed > 0 }
      )
      const answer = yield* get(`${url}/v1/chat/completions`, chat({ model: "fast" }))

      assert.strictEqual(answer.status, 200)
      assert.isAbove((yield* stats.snapshot).requests.succeeded, 0)
      const { callers, endpoints: told } = yield* Effect.flatMap(get(`${url}/stats`), (response) =>
        json<Snapshot>(response)
      )
      assert.includeMembers(
        callers.map(({ caller }) => caller),
        ["agent-1", "anonymous"]
      )
      assert.strictEqual(told?.[0]?.name, "east")
      service.child.kill("SIGTERM")
      assert.strictEqual((yield* service.ends).code, 0)
      rmSync(folder, { recursive: true })
    })
  )

  it.live("every wrong variable is reported on a line, and nothing is started", () =>
    Effect.gen(function* () {
      const service = yield* start({ PORT: "x", LLM_MAX_RETRIES: "99", OPENAI_API_KEY: "sk-secret\u2028-key" })
      const { code, err, out } = yield* service.ends

      assert.strictEqual(code, 1)
      assert.strictEqual(out, "")
      assert.match(err, /^PORT=x is not allowed: .*for example PORT=3000$/m)
      assert.match(err, /^LLM_MAX_RETRIES=99 is not allowed/m)
      assert.match(err, /^OPENAI_API_KEY=<redacted> is not allowed/m)
      assert.notMatch(err, /^\s+at |secret/m)
      assert.strictEqual(err.trim().split("\n").length, 4)
    })
  )

  it.live("a port in use is told in a line", () =>
    Effect.gen(function* () {
      const other = createServer().listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(other, "listening"))
      yield* Effect.addFinalizer(() => Effect.sync(() => other.close()))
      const port = String((other.address() as AddressInfo).port)
      const service = yield* start({ PORT: port })
      const { code, err } = yield* service.ends

      assert.strictEqual(code, 1)
      assert.match(err, new RegExp(`^headgate cannot listen on 127.0.0.1 port ${port}: the port is in use.*\\n$`))
    })
  )
})

describe("a signal", () => {
  it.live.each(["SIGTERM", "SIGINT"] as const)("%s lets the call in flight end, and refuses new ones", (signal) =>
    Effect.gen(function* () {
      const model = yield* held
      const service = yield* start({ OPENAI_BASE_URL: model.url })
      const url = yield* ready(service)
      yield* get(`${url}/stats/stream`)
      const call = yield* Effect.forkChild(get(`${url}/v1/chat/completions`, chat()), { startImmediately: true })
      yield* model.asked
      service.child.kill(signal)
      service.child.kill(signal)
      yield* service.says(/Draining/)

      const refused = yield* get(`${url}/v1/chat/completions`, chat())
      assert.strictEqual(refused.status, 503)
      assert.isNotNull(refused.headers.get("retry-after"))
      assert.strictEqual((yield* get(`${url}/health/ready`)).status, 503)
      assert.strictEqual((yield* get(`${url}/health/live`)).status, 200)
      model.answer()
      assert.deepStrictEqual(yield* json<unknown>(yield* Fiber.join(call)), { held: 1 })
      assert.strictEqual((yield* service.ends).code, 0)
    })
  )

  it.live("a second one ends the process at once", () =>
    Effect.gen(function* () {
      const model = yield* held
      const service = yield* start({ OPENAI_BASE_URL: model.url })
      const url = yield* ready(service)
      yield* Effect.forkChild(Effect.ignore(Effect.tryPromise(() => fetch(`${url}/v1/chat/completions`, chat()))), {
        startImmediately: true
      })
      yield* model.asked
      service.child.kill("SIGTERM")
      yield* service.says(/Draining/)
      const impatient = Effect.forever(
        Effect.andThen(
          Effect.sync(() => service.child.kill("SIGTERM")),
          Effect.sleep(50)
        )
      )

      const { code } = yield* Effect.raceFirst(service.ends, impatient)
      assert.strictEqual(code, 130)
    })
  )
})

describe("headgate", () => {
  it.live("a flag stands before the variable, with the command's name or without", () =>
    Effect.gen(function* () {
      for (const command of [[], ["serve"]]) {
        const service = yield* start({ PORT: "1", LOG_FORMAT: "pretty" }, ...command, "--port", "0")
        const url = yield* ready(service)

        assert.strictEqual((yield* get(`${url}/health/live`)).status, 200)
        service.child.kill("SIGTERM")
        assert.strictEqual((yield* service.ends).code, 0)
      }
    })
  )

  it.live("a command that fails says why on standard error", () =>
    Effect.gen(function* () {
      const wrong = yield* (yield* start({}, "stats", "--often")).ends
      const alone = yield* (yield* start({}, "stats", "127.0.0.1:1")).ends

      assert.deepStrictEqual([wrong.code, wrong.out, alone.code, alone.out], [2, "", 1, ""])
      assert.match(wrong.err, /^headgate stats: .*--often.*\nTry: headgate stats --help\n$/)
      assert.match(alone.err, /^The gateway at http:\/\/127\.0\.0\.1:1 .*\n$/)
    })
  )

  it.live.each(["SIGTERM", "SIGINT"] as const)("%s ends a simulation", (signal) =>
    Effect.gen(function* () {
      const simulation = yield* start({}, "simulate", "--load", "2000", "--minutes", "1440")
      const impatient = Effect.forever(
        Effect.andThen(
          Effect.sleep(200),
          Effect.sync(() => simulation.child.kill(signal))
        )
      )
      const { code, out } = yield* Effect.raceFirst(simulation.ends, impatient)

      assert.include([130, null], code)
      assert.strictEqual(out, "")
    })
  )
})
