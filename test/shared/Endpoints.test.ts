import { assert, describe, it } from "@effect/vitest"
import { Context, Data, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { EndpointSettings } from "../../src/config/EndpointsFile.ts"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as Router from "../../src/policy/Router/Router.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { Stats } from "../../src/Stats.ts"
import { Endpoints } from "../../src/upstream/Endpoints.ts"
import { settingsOf } from "../support/endpoints.ts"
import { fork, times } from "../support/gate.ts"

class ModelError extends Data.TaggedError("ModelError")<{ readonly status: number }> {}

const where = Effect.map(Router.current, (route) => route?.endpoint ?? "")

/** Gateways with one store, in front of the same endpoints. */
const replicas = Effect.fnUntraced(function* (count: number, settings: ReadonlyArray<EndpointSettings>) {
  const store = yield* SharedStore.memory
  return yield* Effect.forEach(times(count), () =>
    Effect.gen(function* () {
      const link = yield* Layer.build(SharedStore.layerMemory(store))
      const endpoints = yield* Effect.provideContext(
        Endpoints.make({ endpoints: settings, fallbackModels: {} }, 64),
        link
      )
      const context = yield* Layer.build(Headgate.routed(endpoints.routes, { maxRetries: 0 }))
      const update = (settings: ReadonlyArray<EndpointSettings>) =>
        endpoints.update({ endpoints: settings, fallbackModels: {} })
      return { pass: Context.get(context, Gate).pass, snapshot: Context.get(context, Stats).snapshot, update }
    })
  )
})

/** A call that goes on until it is interrupted, and is counted where it runs. */
const running = (counts: Record<string, number>) =>
  Effect.flatMap(where, (name) =>
    Effect.andThen(
      Effect.sync(() => void (counts[name] = (counts[name] ?? 0) + 1)),
      Effect.never
    )
  )

const endpoint = (name: string, given: Parameters<typeof settingsOf>[2]) =>
  settingsOf(name, `https://${name}.test/v1`, given)

describe("Endpoints of replicas with one store", () => {
  it.effect("the permits of each endpoint hold on all replicas together, and follow what the file says", () =>
    Effect.gen(function* () {
      const settings = ["east", "west"].map((name) => endpoint(name, { limits: { maxConcurrentRequests: 2 } }))
      const [one, two] = yield* replicas(2, settings)
      const counts: Record<string, number> = {}

      for (const { pass } of [one!, two!, one!, two!, one!, two!]) yield* fork(pass({}, running(counts)))
      yield* TestClock.adjust("1 second")
      const before = { ...counts }
      const more = settings.map((each) => ({ ...each, limits: { ...each.limits, maxConcurrentRequests: 3 } }))
      yield* one!.update(more)
      yield* two!.update(more)
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(before, { east: 2, west: 2 })
      assert.isAtMost(Math.max(...Object.values(counts)), 3)
      // A call that waits for a shared permit stays with its endpoint.
      assert.isAtLeast(counts["east"]! + counts["west"]!, 5)
    })
  )

  it.effect("starts and tokens of an endpoint are shared", () =>
    Effect.gen(function* () {
      const settings = [endpoint("east", { limits: { requestsPerSecond: 2, tokensPerMinute: 6000 } })]
      const [one, two] = yield* replicas(2, settings)
      let starts = 0
      const call = Effect.sync(() => void starts++)

      for (const { pass } of times(10).flatMap(() => [one!, two!])) yield* fork(pass({ tokens: 500 }, call))
      yield* TestClock.adjust("4 seconds")
      const bySeconds = starts
      yield* TestClock.adjust("16 seconds")

      assert.isAtMost(bySeconds, 9)
      assert.isAtLeast(bySeconds, 8)
      // 6000 at once, and 100 a second from then on.
      assert.isAtMost(starts, 12 + 4)
    })
  )

  it.effect("a circuit that failures at several replicas have opened is open at all, and calls go elsewhere", () =>
    Effect.gen(function* () {
      const settings = [
        endpoint("east", { circuitBreaker: { maxFailures: 4, timeout: 30_000 } }),
        endpoint("west", { order: 1 })
      ]
      const [one, two] = yield* replicas(2, settings)
      const asked: Array<string> = []
      const call = Effect.flatMap(where, (name) => {
        asked.push(name)
        return name === "east" ? Effect.fail(new ModelError({ status: 503 })) : Effect.succeed(name)
      })
      const ask = ({ pass }: { readonly pass: typeof Gate.Service.pass }) =>
        Effect.gen(function* () {
          const fiber = yield* fork(pass({}, call))
          yield* TestClock.adjust("10 millis")
          return yield* Fiber.join(fiber)
        })

      const found = yield* Effect.forEach([one!, two!, one!, two!, one!, two!], ask)
      const states = yield* Effect.forEach([one!, two!], ({ snapshot }) => snapshot)

      assert.deepStrictEqual(found, Array(6).fill("west"))
      assert.strictEqual(asked.filter((name) => name === "east").length, 4)
      for (const { endpoints = [] } of states) {
        assert.deepStrictEqual(
          endpoints.map(({ circuitBreaker, name }) => [name, circuitBreaker.isOpen]),
          [
            ["east", true],
            ["west", false]
          ]
        )
      }
    })
  )

  it.effect("an endpoint at another address has a circuit and limits of its own", () =>
    Effect.gen(function* () {
      const limits = { maxConcurrentRequests: 1 }
      const [one] = yield* replicas(1, [settingsOf("east", "https://a.test/v1", { limits })])
      const counts: Record<string, number> = {}

      yield* fork(one!.pass({}, running(counts)))
      yield* one!.update([settingsOf("east", "https://b.test/v1", { limits })])
      yield* fork(one!.pass({}, running(counts)))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(counts, { east: 2 })
    })
  )
})
