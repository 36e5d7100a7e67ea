import { Effect, type Layer, ManagedRuntime } from "effect"
import { Gate } from "../src/index.ts"
import type { Contender, Work } from "./Sample.ts"

/** Does an effect so many times, one after another in one fiber. */
export const repeat = <E, R>(effect: Effect.Effect<unknown, E, R>, times: number): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    for (let i = 0; i < times; i++) yield* effect
  })

/** Calls through a gate, one after another in one fiber; a refusal counts as a call. */
export const throughGate = (name: string, layer: Layer.Layer<Gate, unknown>): Contender => ({
  name,
  make: (): Work => {
    const runtime = ManagedRuntime.make(layer)
    const ask = {}
    return (times) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const { pass } = yield* Gate
          for (let i = 0; i < times; i++) yield* pass(ask, Effect.void)
        })
      )
  }
})
