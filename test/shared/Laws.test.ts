import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as AdmissionQueue from "../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import * as SharedCircuitBreaker from "../../src/shared/SharedCircuitBreaker.ts"
import * as SharedConcurrencyLimit from "../../src/shared/SharedConcurrencyLimit.ts"
import * as SharedRateLimit from "../../src/shared/SharedRateLimit.ts"
import { type MemoryOptions, SharedStore } from "../../src/shared/SharedStore.ts"
import { Stats } from "../../src/Stats.ts"
import { check, type CheckOptions, Law } from "../../src/testing.ts"
import { yieldIntervals, runs } from "../support/runs.ts"
import { guaranteesOf } from "../support/stacks.ts"

/** A store of its own for each run, since each has a clock of its own. */
const onStore = <A, E>(stack: Layer.Layer<A, E, SharedStore>, options: MemoryOptions = {}) =>
  stack.pipe(
    Layer.provide(Layer.unwrap(Effect.map(SharedStore.memory, (store) => SharedStore.layerMemory(store, options))))
  )

const counted = <E>(policy: Layer.Layer<Gate, E, Gate | SharedStore>) =>
  onStore(Metrics.layer().pipe(Layer.provide(policy), Layer.provide(Gate.layerNoop), Layer.provideMerge(Stats.layer)))

const permits = () => SharedConcurrencyLimit.layer({ permits: 3 })
const rate = () => SharedRateLimit.layer({ perSecond: 5, burst: 2 })
const breaker = () =>
  SharedCircuitBreaker.layer({ maxFailures: 2, openDuration: "2 seconds", probeTimeout: "3 seconds" })
const circuit: CheckOptions = { openDuration: "2 seconds", probeTimeout: "3 seconds" }

const settings: Headgate.Options = {
  maxConcurrentRequests: 2,
  requestsPerSecond: 5,
  maxQueueSize: 2,
  circuitBreaker: { maxFailures: 2, timeout: "2 seconds" },
  maxWait: "20 seconds",
  requestTimeout: "30 seconds"
}

const stacks = [
  ["SharedConcurrencyLimit", counted(permits()), { permits: 3 }],
  ["SharedRateLimit", counted(rate()), { perSecond: 5, burst: 2 }],
  [
    "SharedRateLimit of tokens",
    counted(SharedRateLimit.layer({ perSecond: 20, burst: 3, tokensPerMinute: 3000 })),
    { perSecond: 20, burst: 3, tokensPerMinute: 3000 }
  ],
  ["SharedCircuitBreaker", counted(breaker()), circuit],
  [
    "all three beneath an AdmissionQueue",
    counted(
      AdmissionQueue.layer({ capacity: 2 }).pipe(
        Layer.provide(breaker()),
        Layer.provide(permits()),
        Layer.provide(rate())
      )
    ),
    { ...circuit, permits: 3, perSecond: 5, burst: 2, capacity: 2 }
  ],
  ["the default stack", onStore(Headgate.layerShared(settings)), guaranteesOf(settings)]
] as const

describe("The shared policies keep every law, under random loads and whichever step a call is interrupted at", () => {
  for (const [name, layer, guarantees] of stacks) {
    it.effect(name, () => check(Law.all, layer, { ...guarantees, runs: runs(3, 150), yieldEvery: yieldIntervals }))
  }
})
