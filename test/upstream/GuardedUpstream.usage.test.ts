import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { type Call, type End, Stage } from "../../src/Call.ts"
import { Gate } from "../../src/Gate.ts"
import type { TokenUsage } from "../../src/TokenUsage.ts"
import { usageOf } from "../../src/TokenUsage.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import * as ServerSent from "../../src/upstream/ServerSent.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import { open } from "../support/upstream.ts"

const usage = { prompt_tokens: 3, completion_tokens: 4 }

class Learning extends Stage {
  readonly call: Call
  readonly learned: Array<readonly [string | undefined, TokenUsage | undefined]>

  constructor(call: Call, learned: Array<readonly [string | undefined, TokenUsage | undefined]>) {
    super()
    this.call = call
    this.learned = learned
  }

  override leave(end: End) {
    this.learned.push([this.call.options.model, this.call.usage ?? usageOf(end)])
    return undefined
  }
}

/**
 * What a policy learns of one call of an endpoint that answers so, with a wrapper beneath the policy or not. The reader
 * reads to the end, or leaves after the first part of an answer that goes on.
 */
const learnedFrom = Effect.fnUntraced(function* (type: string, body: string, wrapped: boolean, leaves = false) {
  const learned: Learning["learned"] = []
  const sent = Stream.succeed(Buffer.from(body))
  const upstream = Upstream.opening(() =>
    Effect.succeed({
      status: 200,
      headers: { "content-type": type },
      body: leaves ? Stream.concat(sent, Stream.never) : sent
    })
  )
  const wrapper = Gate.wrap((pass) => Effect.succeed((options, call) => pass(options, call)))
  const beneath = wrapped ? wrapper.pipe(Layer.provide(Gate.layerNoop)) : Gate.layerNoop
  const gate = Gate.policy(() => Effect.succeed((call: Call) => new Learning(call, learned)))
  const layer = GuardedUpstream.layer.pipe(
    Layer.provide([Layer.succeed(Upstream, upstream), gate.pipe(Layer.provide(beneath))])
  )
  const read = (body: Stream.Stream<Uint8Array, unknown>) => Stream.runDrain(leaves ? Stream.take(body, 1) : body)
  const request = Buffer.from(`{"model":"small","stream":${type !== "application/json"}}`)
  yield* Effect.gen(function* () {
    const answer = yield* open(
      yield* GuardedUpstream,
      {},
      {
        method: "POST",
        path: body.includes("message_start") ? "/messages" : "/chat/completions",
        headers: {},
        body: request
      }
    )
    if ("ended" in answer) yield* Effect.andThen(Effect.exit(read(answer.body)), answer.ended)
  }).pipe(Effect.scoped, Effect.provide(layer))
  return learned
})

const stream =
  ServerSent.event({ choices: [{ index: 0, delta: { content: "Hello" }, finish_reason: "stop" }] }) +
  ServerSent.event({ choices: [], usage }) +
  ServerSent.done

describe("GuardedUpstream, usage", () => {
  for (const wrapped of [false, true]) {
    const where = wrapped ? ", through a wrapper" : ""

    it.effect(`policies learn the model and the tokens of a stream${where}`, () =>
      Effect.gen(function* () {
        const learned = yield* learnedFrom("text/event-stream", stream, wrapped)

        assert.deepStrictEqual(learned, [["small", { prompt: 3, completion: 4 }]])
      })
    )
  }

  it.effect("a usage that no request can have is not believed, so that sums of usages stay finite", () =>
    Effect.gen(function* () {
      const absurd = JSON.stringify({
        choices: [{ message: { content: "Hello" } }],
        usage: { total_tokens: 1e308, prompt_tokens: 1e308, completion_tokens: 4 }
      })
      const [first] = yield* learnedFrom("application/json", absurd, false)

      assert.deepStrictEqual(first![1], { prompt: 0, completion: 4 })
    })
  )

  it.effect("policies learn by estimate from a stream that breaks off", () =>
    Effect.gen(function* () {
      const [first] = yield* learnedFrom(
        "text/event-stream",
        ServerSent.event({ choices: [{ index: 0, delta: { content: "Hello there" } }] }),
        false
      )

      assert.isAbove(first![1]!.completion, 0)
    })
  )

  for (const wrapped of [false, true]) {
    const where = wrapped ? ", through a wrapper" : ""

    it.effect(`S28: policies learn what was produced of a stream whose reader leaves${where}`, () =>
      Effect.gen(function* () {
        const chunk = ServerSent.event({ choices: [{ index: 0, delta: { content: "one two three four five six" } }] })
        const [first] = yield* learnedFrom("text/event-stream", chunk, wrapped, true)

        assert.isAbove(first![1]!.completion, 3)
        assert.isBelow(first![1]!.completion, 15)
      })
    )
  }

  it.effect("S28: what was produced counts where the usage told by then is that of the beginning", () =>
    Effect.gen(function* () {
      const events = [
        { type: "message_start", message: { usage: { input_tokens: 25, output_tokens: 1 } } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "one two three four five six" } }
      ]
      const body = events.map((event) => `event: ${event.type}\n${ServerSent.event(event)}`).join("")
      const [first] = yield* learnedFrom("text/event-stream", body, false, true)

      assert.strictEqual(first![1]!.prompt, 25)
      assert.isAbove(first![1]!.completion, 3)
    })
  )
})
