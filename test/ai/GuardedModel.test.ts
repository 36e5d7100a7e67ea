import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { AiError, LanguageModel } from "effect/ai"
import type { CallOptions } from "../../src/Call.ts"
import { TestClock } from "effect/testing"
import { CircuitOpen, NeverAdmissible, QueueFull, type Reason, Rejection } from "../../src/Rejection.ts"
import { Gate } from "../../src/Gate.ts"
import * as GuardedModel from "../../src/ai/GuardedModel.ts"
import * as OpenAi from "../../src/ai/OpenAi.ts"
import { Stats } from "../../src/Stats.ts"
import { bare, behind, figures, finish, provided } from "../support/guarded.ts"

const prompt = "Tell me of bees"
const generate = LanguageModel.generateText({ prompt })
const read = LanguageModel.streamText({ prompt })

/** The asks that come to a gate. */
const asking = () => {
  const asks: Array<CallOptions> = []
  const gate = Layer.succeed(Gate, {
    pass: (ask, call) => {
      asks.push(ask)
      return call
    }
  })
  return { asks, layer: GuardedModel.layer.pipe(Layer.provide([bare({ fixedLatency: 0 }), gate])) }
}

const refusing = (reason: Reason) =>
  GuardedModel.layer.pipe(
    Layer.provide([bare(), Layer.succeed(Gate, { pass: () => Effect.fail(new Rejection({ reason })) })])
  )

describe("GuardedModel", () => {
  it.effect("answers are those of the bare model, whole, as objects and in parts", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ title: Schema.String, range: Schema.Tuple([Schema.Int, Schema.Int]) })
      const all = Effect.all([
        Effect.map(generate, ({ content }) => content),
        Effect.map(LanguageModel.generateObject({ prompt, schema }), ({ content, value }) => ({ content, value })),
        Stream.runCollect(read)
      ])
      const plain = yield* all.pipe(Effect.provide(bare({ fixedLatency: 0 })))
      const guarded = yield* all.pipe(Effect.provide(behind(bare({ fixedLatency: 0 }))))

      assert.deepStrictEqual(guarded, plain)
    })
  )

  it.effect("each kind of call holds one place until it is over", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ title: Schema.String })
      for (const call of [generate, LanguageModel.generateObject({ prompt, schema }), Stream.runDrain(read)]) {
        const fiber = yield* Effect.forkChild(Effect.asVoid(call))
        yield* TestClock.adjust("900 millis")
        assert.strictEqual((yield* figures).queue.activeRequests, 1)
        yield* TestClock.adjust("200 millis")
        yield* Fiber.join(fiber)
        assert.strictEqual((yield* figures).queue.activeRequests, 0)
      }

      assert.deepInclude((yield* figures).requests, { total: 3, succeeded: 3 })
    }).pipe(Effect.provide(behind(bare())))
  )

  it.effect("no more calls run than may, and the others wait", () =>
    Effect.gen(function* () {
      const fibers = yield* Effect.forEach([generate, Stream.runDrain(read), generate], (call) =>
        Effect.forkChild(Effect.asVoid(call))
      )
      yield* TestClock.adjust("1500 millis")
      assert.deepInclude((yield* figures).queue, { activeRequests: 1, queueSize: 1 })
      yield* TestClock.adjust("2 seconds")

      yield* Fiber.joinAll(fibers)
    }).pipe(Effect.provide(behind(bare(), { maxConcurrentRequests: 1 })))
  )

  it.effect("what is said of calls goes with them, the inner word last; the tokens are those of prompt and reply", () =>
    Effect.gen(function* () {
      const { asks, layer } = asking()
      const plan = generate.pipe(
        GuardedModel.withOptions({ purpose: "plan", priority: 1, caller: undefined }),
        OpenAi.withParameters({ maxCompletionTokens: 100 })
      )
      yield* Effect.all([generate, plan]).pipe(
        GuardedModel.withOptions({ caller: "ada", priority: 2, weight: 3, deadline: "5 seconds" }),
        Effect.provide(layer)
      )
      yield* Stream.runDrain(read).pipe(GuardedModel.withOptions({ tokens: 7, permits: 2 }), Effect.provide(layer))

      assert.deepStrictEqual(asks, [
        { caller: "ada", priority: 2, weight: 3, deadline: "5 seconds", tokens: 12, maxTokens: 0 },
        { caller: "ada", purpose: "plan", priority: 1, weight: 3, deadline: "5 seconds", tokens: 112, maxTokens: 100 },
        { tokens: 7, permits: 2, maxTokens: 0 }
      ])
    })
  )

  it("what is said outside its range is refused where it is said", () => {
    assert.throws(() => GuardedModel.withOptions({ priority: -1 }), /priority=-1 is not allowed/)
  })

  for (const { isRetryable, reason, tag } of [
    { reason: new QueueFull({ capacity: 1, retryAfter: undefined }), tag: "RateLimitError", isRetryable: true },
    { reason: new CircuitOpen({ retryAfter: undefined }), tag: "InternalProviderError", isRetryable: true },
    {
      reason: new NeverAdmissible({ limit: "tokens", asked: 9, capacity: 1 }),
      tag: "InvalidRequestError",
      isRetryable: false
    }
  ]) {
    it.effect(`${reason._tag} is ${tag} with the refusal inside`, () =>
      Effect.gen(function* () {
        const whole = yield* Effect.flip(generate)
        const streamed = yield* Effect.flip(Stream.runDrain(read))

        for (const error of [whole, streamed]) {
          assert.isTrue(AiError.isAiError(error))
          assert.deepStrictEqual([error.reason._tag, error.isRetryable], [tag, isRetryable])
          assert.include(error.message, reason.message)
          assert.strictEqual(GuardedModel.rejectionOf(error)!.reason, reason)
        }
        assert.match(whole.message, /^GuardedModel.generateText: /)
        assert.match(streamed.message, /^GuardedModel.streamText: /)
      }).pipe(Effect.provide(refusing(reason)))
    )
  }

  it.effect("a refusal can be matched as an error of the model's, or as the gate's", () =>
    Effect.gen(function* () {
      const asAiError = yield* generate.pipe(
        Effect.as("admitted"),
        Effect.catchReason("AiError", "RateLimitError", ({ retryAfter }) =>
          Effect.succeed(Duration.format(retryAfter!))
        )
      )
      const asRejection = yield* generate.pipe(
        GuardedModel.unwrapRejection,
        Effect.as("admitted"),
        Effect.catchReason("Rejection", "QueueFull", ({ capacity, retryAfter }) =>
          Effect.succeed(`${capacity} ${Duration.format(retryAfter!)}`)
        )
      )

      assert.deepStrictEqual([asAiError, asRejection], ["3s", "50 3s"])
    }).pipe(Effect.provide(refusing(new QueueFull({ capacity: 50, retryAfter: Duration.seconds(3) }))))
  )

  it.effect("the gate beneath sees the model's own errors: it tries again, and opens its circuit", () =>
    Effect.gen(function* () {
      const calls = yield* Effect.forkChild(Effect.all([Effect.flip(generate), Effect.flip(generate)]))
      yield* TestClock.adjust("5 minutes")
      const [first, second] = yield* Fiber.join(calls)
      const { circuitBreaker, requests } = yield* figures

      assert.strictEqual(first.reason._tag, "InternalProviderError")
      assert.isUndefined(GuardedModel.rejectionOf(first))
      assert.strictEqual(GuardedModel.rejectionOf(second)?.reason._tag, "CircuitOpen")
      assert.deepInclude(requests, { failed: 1, rejected: 1, retried: 2 })
      assert.deepInclude(circuitBreaker, { isOpen: false, openings: 1 })
    }).pipe(
      Effect.provide(
        behind(bare({ errorRate: 1 }), { maxRetries: 2, circuitBreaker: { maxFailures: 3, timeout: "1 minute" } })
      )
    )
  )

  it.effect("a call whose caller leaves, and a stream whose reader does, give their places back at once", () =>
    Effect.gen(function* () {
      const whole = yield* Effect.forkChild(generate)
      const part = yield* Effect.forkChild(read.pipe(Stream.take(2), Stream.runDrain))
      const broken = yield* Effect.forkChild(Effect.exit(Stream.runForEach(read, () => Effect.fail("no more"))))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(part)
      yield* Fiber.join(broken)
      assert.strictEqual((yield* figures).queue.activeRequests, 1)
      yield* Fiber.interrupt(whole)

      assert.deepInclude((yield* figures).queue, { activeRequests: 0, queueSize: 0 })
      assert.deepInclude((yield* figures).requests, { total: 3, cancelled: 3, inFlight: 0 })
    }).pipe(Effect.provide(behind(bare())))
  )

  it.effect("a defect of the model stays one, and gives the place back", () =>
    Effect.gen(function* () {
      for (const call of [Effect.asVoid(generate), Stream.runDrain(read)]) {
        const exit = yield* Effect.exit(call)

        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
      assert.deepInclude((yield* figures).queue, { activeRequests: 0 })
    }).pipe(Effect.provide(behind(provided({}))))
  )

  it.effect("tokens are counted as the model tells them, else estimated; of a stream left early, what came", () =>
    Effect.gen(function* () {
      const told = yield* Deferred.make<void>()
      const parts = [
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "twelve chars" }
      ] as const
      const model = provided({
        generateText: ({ prompt }) =>
          Effect.succeed([
            { type: "text", text: "eight ch" },
            prompt.content.length > 1 ? finish("stop", 10, 20) : finish("stop")
          ]),
        streamText: () =>
          Stream.concat(Stream.fromIterable(parts), Stream.fromEffect(Effect.never)).pipe(
            Stream.ensuring(Deferred.succeed(told, undefined))
          )
      })
      const spent = <A, E>(call: Effect.Effect<A, E, LanguageModel.LanguageModel | Stats | Gate>) =>
        Effect.andThen(call, figures).pipe(
          Effect.map(({ tokens }) => [tokens.prompt, tokens.completion]),
          Effect.provide(behind(model))
        )

      const two = [
        { role: "system" as const, content: "Be brief." },
        { role: "user" as const, content: "Hi" }
      ]
      assert.deepStrictEqual(yield* spent(LanguageModel.generateText({ prompt: two })), [10, 20])
      assert.deepStrictEqual(yield* spent(generate), [12, 2])
      assert.deepStrictEqual(yield* spent(read.pipe(Stream.take(2), Stream.runDrain)), [12, 3])
      yield* Deferred.await(told)
    })
  )

  it.effect("an attempt that brought nothing counts no tokens", () =>
    Effect.gen(function* () {
      const call = yield* Effect.forkChild(Effect.flip(Stream.runDrain(read)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(call)

      assert.deepInclude((yield* figures).tokens, { prompt: 0, completion: 0 })
    }).pipe(Effect.provide(behind(bare({ errorRate: 1 }))))
  )
})
