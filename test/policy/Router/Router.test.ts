import { assert, describe, it } from "@effect/vitest"
import { Context, Data, Deferred, Duration, Effect, Exit, Fiber, Layer, Semaphore, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import * as Preset from "../../../src/config/Preset.ts"
import type { Pass } from "../../../src/Call.ts"
import * as CallbackCall from "../../../src/engine/CallbackCall.ts"
import { Gate } from "../../../src/Gate.ts"
import * as Headgate from "../../../src/Headgate.ts"
import * as Router from "../../../src/policy/Router/Router.ts"
import { Stats } from "../../../src/Stats.ts"
import { fork, reasonOf, times } from "../../support/gate.ts"

class ModelError extends Data.TaggedError("ModelError")<{
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}> {}

const limits: Headgate.EndpointLimits = {
  ...Preset.presets.default,
  requestsPerSecond: Infinity
}

const endpoint = (
  name: string,
  own: Partial<Headgate.EndpointLimits> = {},
  rest: Partial<Router.Endpoint> = {}
): Router.Endpoint => ({ name, policies: Headgate.endpoint({ ...limits, ...own }), ...rest })

const make = Effect.fnUntraced(function* (
  options: Router.Options | SubscriptionRef.SubscriptionRef<Router.Options>,
  stack: Parameters<typeof Headgate.routed>[1] = {}
) {
  const context = yield* Layer.build(Headgate.routed(options, { maxRetries: 0, ...stack }))
  const { pass } = Context.get(context, Gate)
  return { pass, snapshot: Context.get(context, Stats).snapshot }
})

const where = Effect.map(Router.current, (route) => route?.endpoint ?? "")

/** Fails at some endpoints, and says which were asked. */
const failingAt = (names: ReadonlyArray<string>, asked: Array<string> = [], status = 503) =>
  Effect.flatMap(where, (name) => {
    asked.push(name)
    return names.includes(name) ? Effect.fail(new ModelError({ status })) : Effect.succeed(name)
  })

describe("Router", () => {
  it.effect("a call that no endpoint may take is refused for the one that can take it soonest", () =>
    Effect.gen(function* () {
      const circuitBreaker = (timeout: number) => ({ circuitBreaker: { maxFailures: 1, timeout } })
      const soonest = Effect.fnUntraced(function* (endpoints: ReadonlyArray<Router.Endpoint>) {
        const { pass } = yield* make({ endpoints })
        yield* Effect.exit(pass({}, Effect.fail(new ModelError({ status: 503 }))))
        const reason = reasonOf(yield* Effect.exit(pass({}, where)))
        return [reason?._tag, reason?.retryAfter && Duration.toMillis(reason.retryAfter)]
      })
      const late = endpoint("late", circuitBreaker(60_000))
      const soon = endpoint("soon", circuitBreaker(10_000))
      const narrow = endpoint("narrow", { maxConcurrentRequests: 1 })

      for (const endpoints of [
        [late, soon],
        [soon, late]
      ]) {
        assert.deepStrictEqual(yield* soonest(endpoints), ["CircuitOpen", 10_000])
      }
      const { pass } = yield* make({ endpoints: [soon, narrow] })
      yield* Effect.exit(pass({ permits: 2 }, Effect.fail(new ModelError({ status: 503 }))))
      assert.strictEqual(reasonOf(yield* Effect.exit(pass({ permits: 2 }, where)))?._tag, "CircuitOpen")
    })
  )

  it.effect("a call goes to an endpoint that serves its model, by the name that the endpoint knows", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({
        endpoints: [
          endpoint("east", {}, { models: ["gpt-*"], aliases: { fast: "gpt-4o-mini", "openai/*": "*" } }),
          endpoint("west", {}, { models: ["claude-*"] })
        ]
      })
      const route = Effect.map(Router.current, (found) => `${found?.endpoint} ${found?.model}`)

      const found = yield* Effect.forEach(["gpt-4o", "fast", "openai/o3", "claude-x"], (model) =>
        pass({ model }, route)
      )
      const none = yield* Effect.exit(pass({ model: "llama" }, route))

      assert.deepStrictEqual(found, ["east gpt-4o", "east gpt-4o-mini", "east o3", "west claude-x"])
      assert.strictEqual(reasonOf(none)?._tag, "NeverAdmissible")
    })
  )

  it.effect("calls one after the other share the endpoints by weight", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({ endpoints: [endpoint("east", {}, { weight: 3 }), endpoint("west")] })

      const found = yield* Effect.forEach(times(40), () => pass({}, where))

      assert.strictEqual(found.filter((name) => name === "east").length, 30)
    })
  )

  it.effect("calls at once share the endpoints by weight", () =>
    Effect.gen(function* () {
      const many = { maxConcurrentRequests: 100 }
      const { pass } = yield* make({ endpoints: [endpoint("east", many, { weight: 3 }), endpoint("west", many)] })
      const end = yield* Deferred.make<void>()
      const held = Effect.tap(where, () => Deferred.await(end))

      const fibers = yield* Effect.forEach(times(40), () => fork(pass({}, held)))
      yield* Deferred.succeed(end, undefined)
      const found = yield* Fiber.joinAll(fibers)

      assert.strictEqual(found.filter((name) => name === "east").length, 30)
    })
  )

  it.effect("the least loaded endpoint is asked", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({ endpoints: [endpoint("east"), endpoint("west")] })
      yield* fork(pass({}, Effect.never))

      const found = yield* Effect.forEach(times(4), () => pass({}, where))

      assert.deepStrictEqual(found, ["west", "west", "west", "west"])
    })
  )

  it.effect("a call that fails at one endpoint goes on to the next, at once", () =>
    Effect.gen(function* () {
      const { pass, snapshot } = yield* make({ endpoints: [endpoint("east"), endpoint("west")] })
      const asked: Array<string> = []

      const found = yield* Effect.forEach(times(10), () => pass({}, failingAt(["east"], asked)))

      assert.deepStrictEqual(new Set(found), new Set(["west"]))
      // Five failures in a row open the circuit.
      assert.strictEqual(asked.filter((name) => name === "east").length, 5)
      const { circuitBreaker, endpoints = [], requests } = yield* snapshot
      assert.deepStrictEqual([requests.total, requests.succeeded, requests.retried], [10, 10, 5])
      assert.strictEqual(circuitBreaker.state, "closed")
      assert.deepStrictEqual(
        endpoints.map(({ circuitBreaker, name, requests }) => [
          name,
          circuitBreaker.state,
          requests.succeeded,
          requests.failed
        ]),
        [
          ["east", "open", 0, 5],
          ["west", "closed", 10, 0]
        ]
      )
    })
  )

  it.effect("a 4xx other than 408 and 429 is not tried elsewhere", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({ endpoints: [endpoint("east"), endpoint("west")] })
      const asked: Array<string> = []

      yield* Effect.exit(pass({}, failingAt(["east", "west"], asked, 400)))
      yield* Effect.exit(pass({}, failingAt(["east", "west"], asked, 401)))

      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("an endpoint whose circuit was open comes back, though another has room", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({
        endpoints: [endpoint("east", { circuitBreaker: { maxFailures: 1, timeout: 1000 } }), endpoint("west")]
      })
      yield* pass({}, failingAt(["east"]))
      assert.deepStrictEqual(yield* Effect.forEach(times(3), () => pass({}, where)), ["west", "west", "west"])

      yield* TestClock.adjust("1 second")
      const found = yield* Effect.forEach(times(11), () => pass({}, where))

      assert.strictEqual(found[0], "east")
      assert.strictEqual(found.filter((name) => name === "east").length, 6)
    })
  )

  it.effect("another model answers where the endpoints of the asked one cannot", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({
        endpoints: [endpoint("east", {}, { models: ["big"] }), endpoint("west", {}, { models: ["small"] })],
        fallbackModels: { big: ["small"] }
      })

      const found = yield* Effect.forEach(["big", "small"], (model) => pass({ model }, failingAt(["east"])))

      assert.deepStrictEqual(found, ["west", "west"])
    })
  )

  it.effect("a call waits for the endpoint that is free first, and holds up no call for another", () =>
    Effect.gen(function* () {
      const one = { maxConcurrentRequests: 1 }
      const { pass } = yield* make({
        endpoints: [
          endpoint("east", one, { models: ["a", "b"] }),
          endpoint("west", one, { models: ["a", "b"] }),
          endpoint("north", one, { models: ["c"] })
        ]
      })
      const ends = yield* Effect.forEach(times(2), () => Deferred.make<void>())
      for (const end of ends) yield* fork(pass({ model: "a" }, Deferred.await(end)))
      const waiting = yield* fork(pass({ model: "a" }, where))
      const behind = yield* fork(pass({ model: "b" }, where))

      assert.strictEqual(yield* pass({ model: "c" }, where), "north")
      assert.strictEqual(waiting.pollUnsafe(), undefined)
      yield* Deferred.succeed(ends[1]!, undefined)

      assert.strictEqual(yield* Fiber.join(waiting), "west")
      assert.strictEqual(yield* Fiber.join(behind), "west")
    })
  )

  it.effect("a 429 keeps its model from its endpoint, and from no other", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({ endpoints: [endpoint("east"), endpoint("west", {}, { models: ["a"] })] })
      const limited = Effect.flatMap(where, (name) =>
        name === "east"
          ? Effect.fail(new ModelError({ status: 429, headers: { "retry-after": "60" } }))
          : Effect.succeed(name)
      )
      // East is asked once, and then no more.
      yield* Effect.forEach(times(2), () => pass({ model: "a" }, limited))

      const same = yield* Effect.forEach(times(3), () => pass({ model: "a" }, where))
      const other = yield* pass({ model: "b" }, where)
      yield* TestClock.adjust("1 minute")
      const later = yield* Effect.forEach(times(4), () => pass({ model: "a" }, where))

      assert.deepStrictEqual(same, ["west", "west", "west"])
      assert.strictEqual(other, "east")
      assert.include(later, "east")
    })
  )

  it.effect("a model that is cooled down everywhere is waited for, or answered by another model", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({
        endpoints: [endpoint("east", {}, { models: ["big", "lone"] }), endpoint("west", {}, { models: ["small"] })],
        fallbackModels: { big: ["small"] }
      })
      const limited = Effect.fail(new ModelError({ status: 429, headers: { "retry-after": "5" } }))
      yield* Effect.exit(pass({ model: "lone" }, limited))

      const waiting = yield* fork(pass({ model: "lone" }, where))
      const late = yield* fork(pass({ model: "lone", deadline: "2 seconds" }, where))
      assert.strictEqual(yield* pass({ model: "big" }, where), "east")
      assert.strictEqual(waiting.pollUnsafe(), undefined)
      yield* TestClock.adjust("5 seconds")

      assert.strictEqual(yield* Fiber.join(waiting), "east")
      assert.strictEqual(reasonOf(late.pollUnsafe())?._tag, "DeadlineExceeded")
    })
  )

  it.effect("every circuit open refuses calls at once, with the time of the first probe", () =>
    Effect.gen(function* () {
      const breaker = (timeout: number) => ({ circuitBreaker: { maxFailures: 1, timeout } })
      const { pass, snapshot } = yield* make({
        endpoints: [endpoint("east", breaker(9000)), endpoint("west", breaker(4000))]
      })
      const asked: Array<string> = []
      yield* Effect.exit(pass({}, failingAt(["east", "west"], asked)))

      const refused = reasonOf(yield* Effect.exit(pass({}, where)))

      assert.strictEqual(asked.length, 2)
      assert.strictEqual(refused?._tag, "CircuitOpen")
      assert.strictEqual(Duration.toMillis(refused!.retryAfter!), 4000)
      const { circuitBreaker } = yield* snapshot
      assert.deepStrictEqual(
        [circuitBreaker.isOpen, circuitBreaker.retryAfterMs, circuitBreaker.openings],
        [true, 4000, 1]
      )
    })
  )

  it.effect("a call that hangs at one endpoint goes on to another, within its deadline", () =>
    Effect.gen(function* () {
      const { pass } = yield* make({ endpoints: [endpoint("east", { requestTimeout: 2000 }), endpoint("west")] })
      const hanging = Effect.flatMap(where, (name) => (name === "east" ? Effect.never : Effect.succeed(name)))

      const call = yield* fork(pass({ deadline: "5 seconds" }, hanging))
      const hasty = yield* fork(pass({ deadline: "1 second" }, Effect.never))
      yield* TestClock.adjust("3 seconds")

      assert.strictEqual(yield* Fiber.join(call), "west")
      assert.strictEqual(reasonOf(hasty.pollUnsafe())?._tag, "DeadlineExceeded")
    })
  )

  it.effect("where every endpoint fails, the retry budget bounds the attempts", () =>
    Effect.gen(function* () {
      const never = { circuitBreaker: { maxFailures: Infinity, timeout: 1000 } }
      const { pass } = yield* make({ endpoints: [endpoint("east", never), endpoint("west", never)] }, { maxRetries: 1 })
      const asked: Array<string> = []

      for (const _ of times(500)) {
        const call = yield* fork(Effect.exit(pass({}, failingAt(["east", "west"], asked))))
        yield* TestClock.adjust("1 millis")
        if (call.pollUnsafe() === undefined) yield* TestClock.adjust("500 millis")
      }

      assert.isAtMost(asked.length, 500 * 1.1 + 500)
    })
  )

  it.effect("an endpoint that nobody can reach loses no call that another serves, though that fails often", () =>
    Effect.gen(function* () {
      const never = { circuitBreaker: { maxFailures: Infinity, timeout: 1000 } }
      const { pass } = yield* make({ endpoints: [endpoint("east", never), endpoint("west", never)] }, { maxRetries: 1 })
      const unreached = Object.assign(new Error("connect"), { code: "ECONNREFUSED" })
      const call = (isGood: boolean) =>
        Effect.flatMap(where, (name): Effect.Effect<string, Error | ModelError> => {
          if (name === "east") return Effect.fail(unreached)
          return isGood ? Effect.succeed(name) : Effect.fail(new ModelError({ status: 503 }))
        })

      for (const each of times(100)) {
        for (const _ of times(4)) {
          const bad = yield* fork(Effect.exit(pass({}, call(false))))
          yield* TestClock.adjust("500 millis")
          assert.isTrue(Exit.isFailure(yield* Fiber.join(bad)))
        }
        assert.strictEqual(yield* pass({}, call(true)), "west", `call ${each}`)
      }
    })
  )

  it.effect("one failure of an endpoint is no reason to save attempts there", () =>
    Effect.gen(function* () {
      const never = { circuitBreaker: { maxFailures: Infinity, timeout: 1000 } }
      const { pass } = yield* make({ endpoints: [endpoint("east", never), endpoint("west", never)] }, { maxRetries: 1 })
      const call = (isGood: boolean) => failingAt(isGood ? ["east"] : ["east", "west"])

      for (const each of times(200)) {
        const bad = yield* fork(Effect.exit(pass({}, call(false))))
        yield* TestClock.adjust("500 millis")
        assert.isTrue(Exit.isFailure(yield* Fiber.join(bad)))
        assert.strictEqual(yield* pass({}, call(true)), "west", `call ${each}`)
      }
    })
  )

  it.effect("limits that change hold from then on, and an endpoint that stays keeps its state", () =>
    Effect.gen(function* () {
      const permits = yield* SubscriptionRef.make(1)
      const failures = yield* SubscriptionRef.make(5)
      const east = endpoint("east", {
        maxConcurrentRequests: permits,
        circuitBreaker: { maxFailures: failures, timeout: 60_000 }
      })
      const routes = yield* SubscriptionRef.make<Router.Options>({ endpoints: [east] })
      const { pass, snapshot } = yield* make(routes)
      yield* Effect.exit(pass({}, failingAt(["east"])))
      const running = yield* fork(pass({}, Effect.never))
      const waiting = yield* fork(pass({}, where))
      assert.strictEqual(waiting.pollUnsafe(), undefined)

      yield* SubscriptionRef.set(permits, 2)
      yield* TestClock.adjust("100 millis")
      yield* SubscriptionRef.set(routes, { endpoints: [{ ...east, weight: 2 }, endpoint("west")] })
      yield* TestClock.adjust("1 millis")

      assert.strictEqual(yield* Fiber.join(waiting), "east")
      assert.strictEqual(running.pollUnsafe(), undefined)
      const { endpoints = [] } = yield* snapshot
      assert.deepStrictEqual(
        endpoints.map(({ name, queue, requests, weight }) => [name, weight, queue.activeRequests, requests.total]),
        [
          ["east", 2, 1, 3],
          ["west", 1, 0, 0]
        ]
      )
    })
  )

  it.effect("an endpoint that is gone lets its attempts end, and takes no more", () =>
    Effect.gen(function* () {
      const routes = yield* SubscriptionRef.make<Router.Options>({
        endpoints: [endpoint("east", { maxConcurrentRequests: 1 })]
      })
      const { pass, snapshot } = yield* make(routes)
      const end = yield* Deferred.make<void>()
      const running = yield* fork(pass({}, Effect.andThen(Deferred.await(end), where)))
      const waiting = yield* fork(pass({}, where))

      yield* SubscriptionRef.set(routes, { endpoints: [endpoint("west")] })
      yield* TestClock.adjust("1 millis")

      assert.strictEqual(yield* Fiber.join(waiting), "west")
      const draining = (yield* snapshot).endpoints ?? []
      assert.deepStrictEqual(
        draining.map(({ draining, name }) => [name, draining]),
        [
          ["west", false],
          ["east", true]
        ]
      )
      yield* Deferred.succeed(end, undefined)
      assert.strictEqual(yield* Fiber.join(running), "east")
      assert.deepStrictEqual(
        ((yield* snapshot).endpoints ?? []).map(({ name }) => name),
        ["west"]
      )
    })
  )

  it.effect("wrong options change nothing", () =>
    Effect.gen(function* () {
      const routes = yield* SubscriptionRef.make<Router.Options>({ endpoints: [endpoint("east")] })
      const { pass } = yield* make(routes)

      yield* SubscriptionRef.set(routes, { endpoints: [endpoint("west"), endpoint("west")] })
      yield* TestClock.adjust("1 millis")

      assert.strictEqual(yield* pass({}, where), "east")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(make({ endpoints: [endpoint("a", {}, { weight: 0 })] }))))
    })
  )

  it.effect("a wrapper among an endpoint's policies holds for work that needs no fiber, too", () =>
    Effect.gen(function* () {
      const oneAtATime = Gate.wrap((pass) =>
        Effect.map(
          Semaphore.make(1),
          (semaphore): Pass =>
            (options, call) =>
              semaphore.withPermit(pass(options, call))
        )
      )
      const policies = oneAtATime.pipe(Layer.provideMerge(Headgate.endpoint(limits)))
      const context = yield* Layer.build(
        Headgate.routed({ endpoints: [{ name: "east", policies }] }, { maxRetries: 0 })
      )
      const settles: Array<() => void> = []
      const log: Array<string> = []
      const surroundings = yield* Effect.context<never>()
      const enter = (name: string) =>
        CallbackCall.pass(
          { gate: Context.get(context, Gate), context: surroundings },
          {},
          {
            progress: undefined,
            prepare: (_, settle) => ({
              start: () => {
                log.push(`${name} begins`)
                settles.push(() => settle(Exit.succeed(name)))
              },
              abort: () => log.push(`${name} is aborted`)
            }),
            finish: (end) => log.push(`${name} ${Exit.isSuccess(end) ? "succeeds" : "ends"}`)
          },
          false
        )
      enter("first")
      const second = enter("second")
      enter("third")
      yield* Effect.yieldNow
      assert.deepStrictEqual(log, ["first begins"])
      second.abandon()
      settles.shift()!()
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      settles.shift()!()
      yield* Effect.yieldNow

      assert.deepStrictEqual(log, ["first begins", "second ends", "first succeeds", "third begins", "third succeeds"])
      const { queue, requests } = yield* Context.get(context, Stats).snapshot
      assert.deepStrictEqual([queue.activeRequests, requests.succeeded, requests.cancelled], [0, 2, 1])
    })
  )
})
