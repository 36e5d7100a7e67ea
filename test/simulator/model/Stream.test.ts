import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import { ChatChunk } from "../../../src/simulator/model/Chat.ts"
import type { Options } from "../../../src/simulator/model/Options.ts"
import { streamParts } from "../../../src/simulator/model/Accepted.ts"
import { client } from "./Client.ts"

const ask = (more: object = {}) => ({
  model: "gpt-4o-mini",
  messages: [{ role: "user" as const, content: "Tell me of bees" }],
  max_tokens: 4,
  stream: true as const,
  ...more
})

const steady: Options = { firstToken: 100, perPromptToken: 0, tokensPerSecond: 100, slowdown: 0 }

const withModel = (options: Options = {}) => Effect.provide(SimulatedModel.layer({ ...steady, ...options }))

const stream = (more: object = {}) => Stream.unwrap(Effect.map(SimulatedModel, (model) => model.stream(ask(more))))

const gauges = Effect.flatMap(SimulatedModel, (model) => model.gauges)

/** Each chunk's words, or why it ended, and when it came; then how the stream ended. */
const read = (parts: Stream.Stream<ChatChunk, { readonly status: number }, SimulatedModel>, pause = 0) =>
  Effect.gen(function* () {
    const seen: Array<readonly [string | null | undefined, number]> = []
    const note = ({ choices: [choice] }: ChatChunk) =>
      Effect.gen(function* () {
        const said = choice?.delta.role ?? choice?.delta.content ?? choice?.finish_reason
        seen.push([said, Math.round(yield* Clock.currentTimeMillis)])
        yield* Effect.sleep(pause)
      })
    const end = yield* Effect.result(Stream.runForEach(parts, note))
    return { seen, end: Result.isFailure(end) ? end.failure.status : 200 }
  })

const soon = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const fast = (options: Options = {}) => withModel({ fixedLatency: 0, ...options })

describe("SimulatedModel streams", () => {
  it.effect("each token comes at its moment, the role before and the reason after", () =>
    Effect.gen(function* () {
      const { model, messages, max_tokens } = ask()
      const whole = yield* soon(Effect.flatMap(SimulatedModel, (one) => one.complete({ model, messages, max_tokens })))
      const { end, seen } = yield* soon(read(stream()))
      const words = seen.slice(1, -1)

      assert.strictEqual(end, 200)
      assert.deepStrictEqual(
        seen.map(([, when]) => when - 60_000),
        [100, 100, 110, 120, 130, 130]
      )
      assert.strictEqual(seen[0]![0], "assistant")
      assert.strictEqual(seen.at(-1)![0], "length")
      assert.strictEqual(words.map(([said]) => said).join(""), whole.choices[0]!.message.content)
    }).pipe(withModel())
  )

  it.effect("the usage comes in a last chunk without choices, and only when it is asked for", () =>
    Effect.gen(function* () {
      const bare = yield* Stream.runCollect(stream())
      const counted = yield* Stream.runCollect(stream({ stream_options: { include_usage: true } }))

      assert.isTrue(bare.every((chunk) => chunk.choices.length === 1 && !("usage" in chunk)))
      assert.strictEqual(counted.length, bare.length + 1)
      assert.deepStrictEqual(counted.at(-1)!.choices, [])
      assert.deepStrictEqual(counted.at(-1)!.usage, { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 })
      assert.isTrue(counted.slice(0, -1).every(({ usage }) => usage === null))
      for (const chunk of counted) assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(ChatChunk)(chunk), chunk)
    }).pipe(fast())
  )

  it.effect("several choices are written side by side, each with its own end", () =>
    Effect.gen(function* () {
      const chunks = yield* Stream.runCollect(stream({ n: 3, max_tokens: 200 }))
      const { messages, model } = ask()
      const { complete } = yield* SimulatedModel
      const { choices, usage } = yield* complete({ model, messages, n: 3, max_tokens: 200 })
      const of = (index: number) => chunks.flatMap(({ choices }) => choices.filter((one) => one.index === index))

      for (const { finish_reason, index, message } of choices) {
        const deltas = of(index).map(({ delta }) => delta.content ?? "")
        assert.strictEqual(deltas.join(""), message.content)
        assert.strictEqual(of(index).at(-1)!.finish_reason, finish_reason)
      }
      assert.strictEqual(new Set(choices.map(({ message }) => message.content)).size, 3)
      assert.strictEqual(usage.completion_tokens, chunks.length - 6)
    }).pipe(fast())
  )

  it.effect("a reply ends before a stop text, even before its first word", () =>
    Effect.gen(function* () {
      const { complete } = yield* SimulatedModel
      const say = (more: object) => complete({ ...ask(more), max_tokens: 200 })
      const whole = (yield* say({})).choices[0]!.message.content!
      const [first, second] = whole.split(" ") as [string, string]

      for (const [stop, left] of [
        [second, `${first} `],
        [["nowhere", second, first], ""],
        [["", "nowhere"], whole]
      ] as const) {
        const { choices, usage } = yield* say({ stop })
        assert.deepInclude(choices[0]!, { finish_reason: "stop" })
        assert.strictEqual(choices[0]!.message.content, left)
        assert.strictEqual(usage.completion_tokens, Math.ceil(left.length / 4))
      }
      const { seen } = yield* read(stream({ stop: first }))
      assert.deepStrictEqual(
        seen.map(([said]) => said),
        ["assistant", "stop"]
      )
    }).pipe(fast())
  )

  it.effect("a failure comes before any part, and in mid-stream after some", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* soon(read(stream()).pipe(withModel({ errorRate: 1 }))), { seen: [], end: 500 })
      const ends = new Set<number>()
      for (let seed = 0; seed < 20; seed++) {
        const { end, seen } = yield* soon(read(stream()).pipe(withModel({ breakRate: 1, seed })))
        assert.strictEqual(end, 500)
        assert.isTrue(seen.length >= 2 && seen.at(-1)![0] !== "length")
        ends.add(seen.length)
      }
      assert.deepStrictEqual(ends, new Set([2, 3, 4]))
    })
  )

  it.effect("whole replies do not break off", () =>
    Effect.gen(function* () {
      const reply = yield* Effect.flatMap(SimulatedModel, ({ complete }) => complete(ask({ stream: false })))

      assert.strictEqual(reply.usage.completion_tokens, 4)
    }).pipe(fast({ breakRate: 1 }))
  )

  it.effect("an outage breaks a stream off after what was out, though its reader comes late", () =>
    Effect.gen(function* () {
      for (const pause of [0, 1000]) {
        const outage = { kind: "outage", from: 115, to: 116 } as const
        const { end, seen } = yield* soon(read(stream(), pause).pipe(withModel({ incidents: [outage] })))

        assert.strictEqual(end, 503)
        assert.strictEqual(seen.length, 3)
      }
    })
  )

  it.effect("a stream that hangs still gives a late reader what was out", () =>
    Effect.gen(function* () {
      const seen: Array<ChatChunk> = []
      const slow = Stream.runForEach(stream(), (chunk) =>
        Effect.delay(
          Effect.sync(() => seen.push(chunk)),
          1000
        )
      )
      const reader = yield* Effect.forkChild(slow)
      yield* TestClock.adjust("1 hour")

      assert.isUndefined(reader.pollUnsafe())
      assert.strictEqual(seen.length, 3)
      assert.deepInclude(yield* gauges, { running: 1, hung: 1 })
      yield* Fiber.interrupt(reader)
      assert.deepInclude(yield* gauges, { running: 0, hung: 0, left: 1 })
    }).pipe(withModel({ incidents: [{ kind: "hang", from: 115, to: 116 }] }))
  )

  it.effect("whoever stops reading frees the slot at once, by taking enough or by leaving", () =>
    Effect.gen(function* () {
      const taken = yield* Effect.forkChild(Stream.runCollect(Stream.take(stream({ max_tokens: 50 }), 2)))
      yield* TestClock.adjust(100)
      assert.strictEqual((yield* Fiber.join(taken)).length, 2)
      assert.deepInclude(yield* gauges, { running: 0, left: 1 })

      const left = yield* Effect.forkChild(Stream.runDrain(stream()))
      yield* TestClock.adjust(115)
      assert.deepInclude(yield* gauges, { running: 1 })
      yield* Fiber.interrupt(left)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(left)))
      assert.deepInclude(yield* gauges, { running: 0, left: 2 })
    }).pipe(withModel({ slots: 1 }))
  )

  it.effect("a late reader takes all in order, at its own pace", () =>
    Effect.gen(function* () {
      const { seen } = yield* soon(read(stream(), 1000))
      const whole = yield* soon(read(stream()))

      assert.deepStrictEqual(
        seen.map(([said, when]) => [said, when]),
        whole.seen.map(([said], i) => [said, 100 + 1000 * i])
      )
    }).pipe(withModel())
  )

  it.effect("little is made before it is asked for, however much is out", () =>
    Effect.gen(function* () {
      let made = 0
      const parts = streamParts({ spent: () => 0, produced: () => Effect.succeed(5000) }, 5000, (token) => {
        made++
        return [token]
      })

      assert.deepStrictEqual(
        yield* Stream.runCollect(Stream.take(parts, 40)),
        Array.from({ length: 40 }, (_, i) => i + 1)
      )
      assert.isBelow(made, 100)
    })
  )

  it.live("the official client puts a stream together", () =>
    Effect.gen(function* () {
      const { chat } = yield* client
      const body = { ...ask({ max_tokens: 60 }), stream_options: { include_usage: true } }
      const { choices, usage } = yield* Effect.promise(() => chat.completions.stream(body).finalChatCompletion())
      const whole = yield* Effect.promise(() => chat.completions.create({ ...body, stream: false }))

      assert.deepStrictEqual(choices[0]!.message.content, whole.choices[0]!.message.content)
      assert.deepStrictEqual(usage, whole.usage)
    }).pipe(fast())
  )
})
