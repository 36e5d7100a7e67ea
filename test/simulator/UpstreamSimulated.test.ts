import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import * as UpstreamSimulated from "../../src/simulator/UpstreamSimulated.ts"
import { openAt } from "../support/upstream.ts"

const model = (options: Parameters<typeof SimulatedModel.layer>[0]) =>
  Effect.map(Layer.build(UpstreamSimulated.layer.pipe(Layer.provide(SimulatedModel.layer(options)))), (context) =>
    Context.get(context, Upstream)
  )

const bodies = {
  "/chat/completions": { model: "m", messages: [{ role: "user", content: "Hello" }] },
  "/completions": { model: "m", prompt: "Once" },
  "/responses": { model: "m", input: "Hello" }
}

const ask = Effect.fnUntraced(function* (
  upstream: Upstream["Service"],
  path: keyof typeof bodies,
  more: object = { stream: true }
) {
  const body = new TextEncoder().encode(JSON.stringify({ ...bodies[path], ...more }))
  const answer = yield* openAt(upstream, { method: "POST", path, headers: {}, body })
  const text = yield* Stream.mkString(Stream.decodeText(answer.body))
  return { status: answer.status, type: answer.headers["content-type"], text, events: text.split("\n\n") }
})

describe("Upstream.open of the simulated model", () => {
  it.effect.each(["/chat/completions", "/completions"] as const)("%s streams events that [DONE] ends", (path) =>
    Effect.gen(function* () {
      const answer = yield* ask(yield* model({ fixedLatency: 0 }), path)

      assert.deepInclude(answer, { status: 200, type: "text/event-stream; charset=utf-8" })
      assert.isTrue(answer.text.endsWith("\n\ndata: [DONE]\n\n"))
      for (const event of answer.events.slice(0, -2)) {
        assert.isArray(JSON.parse(event.replace(/^data: /, "")).choices)
      }
    })
  )

  it.effect("/responses streams named events, and no [DONE]", () =>
    Effect.gen(function* () {
      const { events } = yield* ask(yield* model({ fixedLatency: 0 }), "/responses")

      assert.strictEqual(events.pop(), "")
      const names = events.map((event) => {
        const [, name, data] = /^event: (\S+)\ndata: (.+)$/.exec(event)!
        assert.strictEqual(JSON.parse(data!).type, name)
        return name
      })
      assert.deepStrictEqual([names[0], names.at(-1)], ["response.created", "response.completed"])
    })
  )

  it.effect("what did not ask for a stream, or is on a path without one, is answered in JSON", () =>
    Effect.gen(function* () {
      const upstream = yield* model({ fixedLatency: 0 })

      const { text, type } = yield* ask(upstream, "/chat/completions", { stream: false })

      assert.strictEqual(type, "application/json")
      assert.strictEqual(JSON.parse(text).object, "chat.completion")
    })
  )

  it.effect("a failure before the first event has its own status", () =>
    Effect.gen(function* () {
      const { status, text, type } = yield* ask(yield* model({ fixedLatency: 0 }), "/chat/completions", {
        stream: true,
        messages: []
      })

      assert.deepStrictEqual([status, type], [400, "application/json"])
      assert.strictEqual(JSON.parse(text).error.param, "messages")
    })
  )

  it.effect("a reply that breaks off ends with the error, and without [DONE]", () =>
    Effect.gen(function* () {
      const upstream = yield* model({ fixedLatency: 0, breakRate: 1 })

      const chat = yield* ask(upstream, "/chat/completions")
      const response = yield* ask(upstream, "/responses")

      assert.deepInclude(JSON.parse(chat.events.at(-2)!.slice("data: ".length)).error, { type: "server_error" })
      assert.match(response.events.at(-2)!, /^event: error\ndata: \{"type":"error"/)
      assert.isTrue(chat.events.length > 2 && response.events.length > 2)
    })
  )

  it.effect("a reader that leaves frees the slot", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(
        UpstreamSimulated.layer.pipe(Layer.provideMerge(SimulatedModel.layer({ fixedLatency: "1 minute" })))
      )
      const body = new TextEncoder().encode(JSON.stringify({ ...bodies["/chat/completions"], stream: true }))
      const opening = openAt(Context.get(context, Upstream), {
        method: "POST",
        path: "/chat/completions",
        headers: {},
        body
      })
      const { gauges } = Context.get(context, SimulatedModel)
      const reader = yield* Effect.forkChild(
        Effect.scoped(Effect.flatMap(opening, (answer) => Stream.runDrain(answer.body)))
      )
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* gauges).running, 1)

      yield* Fiber.interrupt(reader)

      assert.strictEqual((yield* gauges).running, 0)
    })
  )
})
