import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import type { Event } from "../../../src/stats/Event.ts"
import { Gate } from "../../../src/Gate.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import { Stats } from "../../../src/Stats.ts"
import { fork } from "../../support/gate.ts"

const options = {}

/** A breaker before a model that answers, is left, and fails in these ways; tells what it has told by then. */
const told = Effect.fnUntraced(function* (maxFailures: number, ...statuses: ReadonlyArray<number>) {
  const breaker = CircuitBreaker.layer({ maxFailures, openDuration: "30 seconds" })
  const context = yield* Layer.build(
    breaker.pipe(Layer.provide(Gate.layerNoop), Layer.provideMerge(Layer.fresh(Stats.layer)))
  )
  const { pass } = Context.get(context, Gate)
  const events: Array<Event> = []
  const stop = Context.get(context, Stats).onEvent((event) => events.push(event))
  yield* pass(options, Effect.void)
  yield* Fiber.interrupt(yield* fork(pass(options, Effect.never)))
  for (const status of statuses) yield* Effect.exit(pass(options, Effect.fail({ status })))
  stop()
  yield* Effect.exit(pass(options, Effect.fail({ status: 501 })))
  return events
})

const kindsOf = (events: ReadonlyArray<Event>) =>
  events.flatMap((event) => (event._tag === "AttemptFailed" ? [event.kind] : []))

describe("CircuitBreaker, events", () => {
  it.effect("each attempt at which the model failed is told, until it is asked no more", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(kindsOf(yield* told(2, 400, 429, 500, 502, 503)), ["429", "500", "502"])
      assert.deepStrictEqual(kindsOf(yield* told(Infinity, 400, 429, 500, 502, 503)), ["429", "500", "502", "503"])
    })
  )

  it.effect("its opening is told with how long it lasts", () =>
    Effect.gen(function* () {
      const moves = (yield* told(2, 500, 502)).filter((event) => event._tag === "Circuit")

      assert.deepStrictEqual(
        moves.map(({ failures, openFor, state }) => [state, failures, openFor]),
        [
          ["closed", 1, undefined],
          ["open", 2, 30_000]
        ]
      )
    })
  )
})
