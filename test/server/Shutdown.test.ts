import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { once } from "node:events"
import * as Shutdown from "../../src/server/Shutdown.ts"
import { Stats } from "../../src/Stats.ts"
import { ask } from "../support/faults.ts"
import { onLoopback } from "../support/gateway.ts"

const body = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] })

/** A request whose head has been accepted, and whose body is still to come. */
const uploading = (url: string) =>
  Effect.promise(async () => {
    const headers = { "content-type": "application/json", "content-length": body.length, expect: "100-continue" }
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", headers })
    sent.on("error", () => {})
    sent.flushHeaders()
    await once(sent, "continue")
    sent.write(body.slice(0, 10))
    return sent
  })

const answered = (sent: ClientRequest) =>
  Effect.promise(async () => {
    const [response] = (await once(sent, "response")) as [IncomingMessage]
    return { status: response.statusCode, text: Buffer.concat(await response.toArray()).toString() }
  })

const stopping = Effect.gen(function* () {
  const { drain, stats, url } = yield* onLoopback()
  const sent = yield* uploading(url)
  const stop = (patience: string) =>
    Shutdown.gracefully(drain, patience as "1 second").pipe(
      Effect.provideService(Stats, stats),
      Effect.forkChild({ startImmediately: true })
    )
  return { sent, stats, stop, url }
})

describe("A gateway that is told to stop", () => {
  it.live("lets a request that is being uploaded come and end, and refuses new ones", () =>
    Effect.gen(function* () {
      const { sent, stats, stop, url } = yield* stopping
      const stopped = yield* stop("20 seconds")

      const late = yield* ask(url)
      assert.isUndefined(stopped.pollUnsafe())
      sent.end(body.slice(10))
      const { status, text } = yield* answered(sent)
      const later = yield* ask(url)

      assert.strictEqual(status, 200, text)
      for (const { headers, status, text } of [late, later]) {
        assert.deepStrictEqual([status, JSON.parse(text).error.code], [503, "shutting_down"])
        assert.isNotNull(headers.get("retry-after"))
      }
      yield* Fiber.join(stopped)
      assert.strictEqual((yield* stats.snapshot).requests.succeeded, 1)
    })
  )

  it.live("does not wait for a caller that leaves in the middle of its upload", () =>
    Effect.gen(function* () {
      const { sent, stop } = yield* stopping
      const stopped = yield* stop("10 minutes")

      sent.destroy()

      yield* Fiber.join(stopped)
    })
  )

  it.live("waits for an upload no longer than for anything else", () =>
    Effect.gen(function* () {
      const { sent, stop } = yield* stopping
      const stopped = yield* stop("50 millis")

      yield* Fiber.join(stopped)
      sent.end(body.slice(10))

      assert.strictEqual((yield* answered(sent)).status, 503)
    })
  )
})
