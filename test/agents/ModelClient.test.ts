import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer } from "effect"
import { AiError, Prompt } from "effect/ai"
import { TestClock } from "effect/testing"
import { noTools } from "../../src/agents/Job.ts"
import * as ModelClient from "../../src/agents/ModelClient.ts"
import * as Rejection from "../../src/Rejection.ts"
import { toAiError } from "../../src/ai/guarded/GatedCalls.ts"
import { Tokenizer } from "../../src/tokenizer/Tokenizer.ts"
import { Stats } from "../../src/Stats.ts"
import { failure, type Heard, type Says, scripted } from "../support/scripted.ts"

type Answer = Effect.Effect<Says, AiError.AiError>

const refused = (reason: Rejection.Reason) =>
  Effect.fail(toAiError(new Rejection.Rejection({ reason }), "generateText"))
const down = Effect.fail(failure(new AiError.InternalProviderError({ description: "down" })))
const elapsed = Duration.zero
const retryAfter = Duration.seconds(30)

/** Asks once, with so many seconds to be answered in, and tells how it ended, when, and what the model heard. */
const asked = Effect.fnUntraced(function* (
  answers: ReadonlyArray<Answer>,
  seconds = 60,
  request: Partial<ModelClient.Request> = {}
) {
  const heard: Array<Heard> = []
  const said: Array<number> = []
  const clock = TestClock.testClockWith((clock) => clock.currentTimeMillis)
  const model = scripted((one, call) =>
    Effect.flatMap(clock, (now) => {
      heard.push(one)
      said.push(now)
      return answers[Math.min(call, answers.length) - 1]!
    })
  )
  const tools = yield* noTools
  const client = yield* Effect.provide(ModelClient.make("ada"), model)
  const prompt = Prompt.make("Hello")
  const ask = client.ask({ purpose: "act", prompt, tools, maxTokens: 50, deadlineAt: 1000 * seconds, ...request })
  const ended = yield* Effect.forkChild(Effect.zip(Effect.exit(ask), clock))
  yield* TestClock.adjust("10 minutes")
  const [exit, at] = yield* Fiber.join(ended)
  return { exit, at, heard, said }
})

const errorOf = <A>(exit: Exit.Exit<A, ModelClient.Unanswered | ModelClient.GateClosing>) =>
  Exit.isFailure(exit)
    ? exit.cause.reasons.flatMap((reason) => (reason._tag === "Fail" ? reason.error : []))[0]
    : undefined

const failureOf = (exit: Exit.Exit<unknown, ModelClient.Unanswered | ModelClient.GateClosing>) => {
  const error = errorOf(exit)
  return error?._tag === "Unanswered" ? error.failure : error?._tag
}

describe("ModelClient", () => {
  const format = { type: "json_schema", json_schema: { name: "answer", strict: true, schema: { type: "object" } } }
  const invalid = (description: string, parameter?: string) =>
    Effect.fail(failure(new AiError.InvalidRequestError({ description, ...(parameter && { parameter }) })))

  it.effect("a schema is sent with the request", () =>
    Effect.gen(function* () {
      const { heard } = yield* asked([Effect.succeed("{}")], 60, { format })

      assert.deepStrictEqual(
        heard.map((one) => one.format),
        [format]
      )
    })
  )

  it.effect.each([
    invalid("Unknown parameter", "response_format"),
    invalid("'response_format.type' must be 'text'"),
    invalid("This model does not support structured outputs")
  ])("a request refused for its schema is made once more without it, at once", (refusal) =>
    Effect.gen(function* () {
      const { exit, heard, said } = yield* asked([refusal, Effect.succeed("{}")], 60, { format })

      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(
        heard.map((one) => one.format),
        [format, undefined]
      )
      assert.deepStrictEqual(said, [0, 0])
    })
  )

  it.effect("a model that refused a schema is not sent another", () =>
    Effect.gen(function* () {
      const heard: Array<unknown> = []
      const model = scripted((one) => {
        heard.push(one.format)
        return one.format === undefined ? Effect.succeed("{}") : invalid("no", "response_format")
      })
      const tools = yield* noTools
      const request = {
        purpose: "act",
        prompt: Prompt.make("Hello"),
        tools,
        maxTokens: 50,
        deadlineAt: 60_000,
        format
      } as const
      yield* Effect.gen(function* () {
        yield* (yield* ModelClient.make("ada")).ask(request)
        yield* (yield* ModelClient.make("bo")).ask(request)
      }).pipe(Effect.provide(model))

      assert.deepStrictEqual(heard, [format, undefined, undefined])
    })
  )

  it.effect("a request refused for something else is not made again", () =>
    Effect.gen(function* () {
      const { exit, heard } = yield* asked([invalid("The prompt is too long")], 60, { format })

      assert.strictEqual(failureOf(exit), "refused")
      assert.lengthOf(heard, 1)
    })
  )

  it.effect("a call carries its caller, its purpose, its priority, its deadline and the most its reply may take", () =>
    Effect.gen(function* () {
      const priorities = yield* Effect.forEach(["act", "plan", "reflect"] as const, (purpose) =>
        Effect.map(asked([Effect.succeed("hi")], 60, { purpose }), ({ heard: [one] }) => [
          one!.options.purpose,
          one!.options.priority
        ])
      )
      const { heard } = yield* asked([Effect.succeed("hi")], 3600)

      assert.deepStrictEqual(priorities, [
        ["act", 0],
        ["plan", 1],
        ["reflect", 2]
      ])
      assert.strictEqual(heard[0]!.options.caller, "ada")
      assert.strictEqual(heard[0]!.options.deadline, 3_600_000 - 3 * 600_000)
      assert.strictEqual(heard[0]!.maxTokens, 50)
    })
  )

  it.effect("what fails and may pass is asked again, later and later", () =>
    Effect.gen(function* () {
      const { exit, said } = yield* asked([down, down, down, Effect.succeed("hi")])

      assert.isTrue(Exit.isSuccess(exit))
      const pauses = said.slice(1).map((at, i) => at - said[i]!)
      for (const [i, pause] of pauses.entries()) {
        assert.isAtLeast(pause, 500 * 2 ** i)
        assert.isAtMost(pause, 600 * 2 ** i)
      }
    })
  )

  it.effect.each([
    new Rejection.QueueFull({ capacity: 1, retryAfter }),
    new Rejection.CircuitOpen({ retryAfter }),
    new Rejection.RateLimited({ retryAfter }),
    new Rejection.DeadlineExceeded({ limit: "call", started: false, elapsed, retryAfter })
  ])("a refusal, as $_tag, is heeded: the call comes back when it says, or soon after", (reason) =>
    Effect.gen(function* () {
      const { exit, said } = yield* asked([refused(reason), Effect.succeed("hi")])

      assert.isTrue(Exit.isSuccess(exit))
      assert.isAtLeast(said[1]!, 30_000)
      assert.isAtMost(said[1]!, 36_000)
    })
  )

  it.effect("whoever is told to come back too late does not wait for it", () =>
    Effect.gen(function* () {
      const { at, exit, said } = yield* asked([refused(new Rejection.QueueFull({ capacity: 1, retryAfter }))], 20)

      assert.strictEqual(failureOf(exit), "late")
      assert.deepStrictEqual([at, said.length], [0, 1])
    })
  )

  it.effect("a model that never answers is late, guarded or not", () =>
    Effect.gen(function* () {
      const { at, exit } = yield* asked([Effect.never], 20)

      assert.strictEqual(failureOf(exit), "late")
      assert.isAtLeast(at, 20_000)
      assert.isAtMost(at, 21_000)
    })
  )

  it.effect.each([
    ["late", refused(new Rejection.DeadlineExceeded({ limit: "call", started: true, elapsed, retryAfter: undefined }))],
    ["refused", refused(new Rejection.NeverAdmissible({ limit: "tokens", asked: 9, capacity: 1 }))],
    ["refused", Effect.fail(failure(new AiError.InvalidRequestError({ description: "no such model" })))],
    ["refused", Effect.fail(failure(new AiError.QuotaExhaustedError({})))],
    ["GateClosing", refused(new Rejection.ShuttingDown({ retryAfter }))]
  ] as ReadonlyArray<readonly [string, Answer]>)("what no waiting mends is %s at once", ([expected, answer]) =>
    Effect.gen(function* () {
      const { at, exit, said } = yield* asked([answer])

      assert.strictEqual(failureOf(exit), expected)
      assert.deepStrictEqual([at, said.length], [0, 1])
    })
  )

  it.effect("calls are counted by purpose, with the tokens they took and those they saved", () =>
    Effect.gen(function* () {
      yield* asked([down, Effect.succeed("hi")], 60, { purpose: "plan", baseline: 100 })
      const { jobs, tokens } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)

      assert.deepStrictEqual(jobs.calls, { act: 0, plan: 1, reflect: 0 })
      assert.strictEqual(jobs.tokensPerJob.plan, 0)
      // The model bills thirty for the prompt, and would have billed the naive one by the same measure.
      const { count } = yield* Tokenizer.current
      assert.closeTo(tokens.saved, (100 * 30) / count("Hello") - 30, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("an interrupted call leaves nothing at the model", () =>
    Effect.gen(function* () {
      let running = 0
      const model = scripted(() =>
        Effect.acquireUseRelease(
          Effect.sync(() => running++),
          () => Effect.never,
          () => Effect.sync(() => running--)
        )
      )
      const tools = yield* noTools
      const client = yield* Effect.provide(ModelClient.make("ada"), Layer.fresh(model))
      const ask = client.ask({
        purpose: "act",
        prompt: Prompt.make("Hello"),
        tools,
        maxTokens: 50,
        deadlineAt: Infinity
      })
      const fiber = yield* Effect.forkChild(ask)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(running, 1)
      yield* Fiber.interrupt(fiber)

      assert.strictEqual(running, 0)
    })
  )
})
