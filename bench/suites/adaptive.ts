import { Effect, Layer, ManagedRuntime } from "effect"
import {
  AdaptiveConcurrency,
  AdmissionQueue,
  ConcurrencyLimit,
  Gate,
  Headgate,
  PredictiveQueue,
  TokenBudget
} from "../../src/index.ts"
import { throughGate } from "../Fiber.ts"
import type { Contender } from "../Sample.ts"
import type { Suite } from "../Sample.ts"

const permits = 8

/** So many fibers that call through a gate again and again: all but `permits` of them wait. */
const crowd = (name: string, callers: number, layer: Layer.Layer<Gate, unknown>): Contender => ({
  name: `${name}, ${callers} at once`,
  group: `${callers} at once`,
  make: () => {
    const runtime = ManagedRuntime.make(layer)
    const answer = Effect.as(Effect.yieldNow, { usage: { prompt_tokens: 100, completion_tokens: 20 } })
    const asks = Array.from({ length: callers }, (_, i) => ({ caller: `caller-${i % 10}`, purpose: "act" }))
    return (times) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const { pass } = yield* Gate
          yield* Effect.forEach(
            asks,
            (ask) =>
              Effect.gen(function* () {
                for (let i = 0; i < times / callers; i++) yield* pass(ask, answer)
              }),
            { concurrency: "unbounded" }
          )
        })
      )
  }
})

const usual = Headgate.make({ requestsPerSecond: Infinity })
const adaptive = Headgate.make({ preset: "adaptive" })
const usualOf = Headgate.make({ requestsPerSecond: Infinity, maxConcurrentRequests: permits, maxQueueSize: 1000 })
const adaptiveOf = Headgate.make({ preset: "adaptive", adaptiveMaxConcurrent: permits, maxQueueSize: 1000 })

const alone = (name: string, policy: Layer.Layer<Gate, unknown, Gate>) =>
  throughGate(name, Layer.provide(policy, Gate.layerNoop))

export const suite: Suite = {
  title: "The adaptive stack beside the default one",
  note: `One after another, with no limit that binds; then so many callers at once behind ${permits} permits, so that the rest wait.`,
  times: 30_000,
  contenders: [
    throughGate("default stack", usual),
    throughGate("adaptive stack", adaptive),
    throughGate("no-op gate", Gate.layerNoop),
    alone("AdmissionQueue", AdmissionQueue.layer({ capacity: 50 })),
    alone("PredictiveQueue", PredictiveQueue.layer({ capacity: 50 })),
    alone("ConcurrencyLimit", ConcurrencyLimit.layer({ permits: 3 })),
    alone("AdaptiveConcurrency", AdaptiveConcurrency.layer()),
    alone("TokenBudget", TokenBudget.layer()),
    ...[100, 1000].flatMap((callers) => [
      crowd("default stack", callers, usualOf),
      crowd("adaptive stack", callers, adaptiveOf)
    ])
  ]
}
