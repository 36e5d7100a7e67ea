import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ResolvedOptions } from "../src/Call.ts"
import { Gate, Headgate, InvalidOptions, Stats } from "../src/index.ts"
import * as CircuitBreaker from "../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../src/policy/Deadline/Deadline.ts"
import * as RateLimit from "../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../src/policy/Retry/Retry.ts"
import * as Timeout from "../src/policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { make } from "../src/Provider.ts"

type Built = Layer.Layer<Gate, InvalidOptions>

const beneath = Layer.merge(Gate.layerNoop, Stats.layer)

/** Whatever takes options, with options that are right, as a program without types would hand them in. */
const takers: ReadonlyArray<{
  readonly name: string
  readonly right: object
  readonly build: (options: never) => Built
}> = [
  {
    name: "CircuitBreaker",
    right: { maxFailures: 5, openDuration: 1000 },
    build: (options) => on(CircuitBreaker.layer(options))
  },
  { name: "ConcurrencyLimit", right: { permits: 3 }, build: (options) => on(ConcurrencyLimit.layer(options)) },
  { name: "Deadline", right: { deadline: 1000 }, build: (options) => on(Deadline.layer(options)) },
  { name: "RateLimit", right: { perSecond: 2 }, build: (options) => on(RateLimit.layer(options)) },
  { name: "Retry", right: { maxRetries: 2 }, build: (options) => on(Retry.layer(options)) },
  { name: "Timeout", right: { timeout: 1000 }, build: (options) => on(Timeout.layer(options)) },
  { name: "AdmissionQueue", right: { capacity: 50 }, build: (options) => on(AdmissionQueue.layer(options)) },
  { name: "Headgate", right: {}, build: (options) => Headgate.make(options) },
  { name: "createProvider", right: { maxQueueSize: 9 }, build: (options) => madeOf(make(options)) }
]

const on = (policy: Layer.Layer<Gate, InvalidOptions, Gate>): Built => Layer.provide(policy, beneath)

/** What a provider with limits cannot fail with: it reads no environment. */
const madeOf = (made: ReturnType<typeof make>): Built =>
  Layer.effectDiscard(Effect.catchTag(made, "ConfigError", (error) => Effect.die(error))).pipe(
    Layer.provideMerge(Gate.layerNoop)
  )

const problems = (layer: Built) =>
  Effect.scoped(Layer.build(layer)).pipe(
    Effect.flip,
    Effect.map((error) => {
      assert.instanceOf(error, InvalidOptions)
      return error.message
    })
  )

describe("Options", () => {
  for (const { build, name, right } of takers) {
    const given = (options: object | null) => build(options as never)

    it.effect(`of ${name}: an unknown name is told with its value and the names there are`, () =>
      Effect.gen(function* () {
        yield* Effect.scoped(Layer.build(given({ ...right, nonsense: undefined })))
        const message = yield* problems(given({ ...right, nonsense: "a lot" }))

        assert.match(message, /^nonsense="a lot" is not allowed: there is no option of this name; the options are /)
        for (const known of Object.keys(right)) assert.match(message, new RegExp(`\\b${known}\\b`))
      })
    )

    it.effect(`of ${name}: null is no value`, () =>
      Effect.gen(function* () {
        for (const option of Object.keys(right)) {
          assert.match(
            yield* problems(given({ ...right, [option]: null })),
            new RegExp(`^${option}=null is not allowed`)
          )
        }
        for (const options of [null, 5, "options"]) {
          const value = JSON.stringify(options)
          assert.include(yield* problems(given(options as never)), `options=${value} is not allowed: an object`)
        }
      })
    )
  }

  it.effect("of createProvider are all in its document", () =>
    Effect.gen(function* () {
      const document = readFileSync(new URL("../docs/provider.md", import.meta.url), "utf8")
      const names = (yield* problems(madeOf(make({ nonsense: 1 } as never)))).split("the options are ")[1]!.split(", ")

      assert.include(names, "maxBodyBytes")
      for (const name of names) assert.match(document, new RegExp(`^\\| \`${name}[\`.]`, "m"))
    })
  )

  it.effect("that are left out may not be null either", () =>
    Effect.gen(function* () {
      for (const [layer, name] of [
        [AdmissionQueue.layer({ capacity: 1, maxWait: null as never }), "maxWait"],
        [AdmissionQueue.layer({ capacity: 1, priorityAging: null as never }), "priorityAging"],
        [RateLimit.layer({ perSecond: 1, burst: null as never }), "burst"],
        [RateLimit.layer({ perSecond: 1, cost: null as never }), "cost"],
        [RateLimit.layer({ perSecond: 1, cooldown: "never" as never }), "cooldown"],
        [Retry.layer({ maxRetries: 1, isTransient: null as never }), "isTransient"],
        [Retry.layer({ maxRetries: 1, retryAfter: null as never }), "retryAfter"],
        [Retry.layer({ maxRetries: 1, budgetRatio: null as never }), "budgetRatio"],
        [Timeout.layer({ timeout: 1, idle: null as never }), "idle"],
        [CircuitBreaker.layer({ maxFailures: 1, openDuration: 1, classify: null as never }), "classify"],
        [CircuitBreaker.layer({ maxFailures: 1, openDuration: 1, slowCallDuration: null as never }), "slowCallDuration"]
      ] as const) {
        assert.match(yield* problems(on(layer)), new RegExp(`^${name}=(null|"never") is not allowed`))
      }
      for (const name of ["preset", "maxWait", "circuitBreaker", "requestTimeout", "maxRetries"]) {
        assert.match(yield* problems(Headgate.make({ [name]: null })), new RegExp(`^${name}=null is not allowed`))
      }
      for (const name of ["grace", "closeWithin", "fetch", "maxBodyBytes"]) {
        assert.match(yield* problems(madeOf(make({ [name]: null }))), new RegExp(`^${name}=null is not allowed`))
      }
    })
  )

  it.effect("that are misspelled get a suggestion", () =>
    Effect.gen(function* () {
      for (const [options, meant] of [
        [{ maxQueue: 5 }, "maxQueueSize"],
        [{ maxqueuesize: 5 }, "maxQueueSize"],
        [{ maxConcurrentRequest: 5 }, "maxConcurrentRequests"],
        [{ circuitBreaker: { maxFailure: 5 } }, "circuitBreaker.maxFailures"]
      ] as const) {
        assert.include(yield* problems(Headgate.make(options as never)), `; did you mean ${meant}?`)
      }
      assert.include(yield* problems(madeOf(make({ maxBody: 5 } as never))), "; did you mean maxBodyBytes?")
      assert.notInclude(yield* problems(Headgate.make({ max: 5 } as never)), "did you mean")
    })
  )

  it.effect("tell a text from a number, and keep a secret", () =>
    Effect.gen(function* () {
      const message = yield* problems(Headgate.make({ maxQueueSize: "5", apiKey: "sk-secret" } as never))

      assert.include(message, 'maxQueueSize="5" is not allowed: a whole number from 0')
      assert.include(message, "apiKey=<redacted> is not allowed")
      assert.notInclude(message, "sk-secret")
    })
  )

  it("of a call are reported in the same way", () => {
    const message = (options: object | null) => {
      try {
        ResolvedOptions.of(options as never)
        return "allowed"
      } catch (error) {
        assert.instanceOf(error, InvalidOptions)
        return error.message
      }
    }

    assert.match(message({ priorty: 0 }), /^priorty=0 is not allowed: .*did you mean priority\?/)
    assert.match(message({ priority: null }), /^priority=null is not allowed/)
    assert.match(message(null), /^options=null is not allowed: an object/)
    for (const caller of ["", " ", null, 5, "x".repeat(65), "a\nb"]) {
      assert.include(
        message({ caller }),
        `caller=${JSON.stringify(caller)} is not allowed: a name of 1 to 64 characters`
      )
    }
    assert.match(message({ purpose: "" }), /^purpose="" is not allowed: a label of 1 to 64 characters/)
    assert.strictEqual(ResolvedOptions.of({ caller: " ada " }).caller, "ada")
  })
})
