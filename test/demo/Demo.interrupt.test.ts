import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { Memory } from "../../src/agents/Memory.ts"
import * as Demo from "../../src/demo/Demo.ts"
import * as VirtualTime from "../../src/simulator/VirtualTime.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as GuardedModel from "../../src/ai/GuardedModel.ts"
import * as SimulatedLanguageModel from "../../src/simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import { Stats } from "../../src/Stats.ts"
import { runs } from "../support/runs.ts"

const layer = GuardedModel.layer.pipe(
  Layer.provide(SimulatedLanguageModel.layer),
  Layer.provideMerge(SimulatedModel.layer({ errorRate: 0.1 })),
  Layer.provideMerge(Headgate.make()),
  Layer.orDie,
  Layer.merge(Memory.layer)
)

/** Ends a population after so many milliseconds, and tells what is left at the model, at the gate and in the queue. */
const ended = (millis: number, style: "lean" | "verbose") =>
  Effect.gen(function* () {
    const queue = yield* JobQueue.make
    const scope = yield* Scope.make()
    const options = { size: 20, jobsPerMinute: 300, seed: millis, style }
    yield* Scope.provide(Demo.run(queue, options), scope)
    yield* Effect.sleep(millis)
    const { gauges } = yield* SimulatedModel
    const before = yield* gauges
    yield* Scope.close(scope, Exit.void)
    const figures = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
    return { ...figures, before, after: yield* gauges, left: queue.size }
  }).pipe(Effect.provide(layer), VirtualTime.run)

describe("A population that is ended", () => {
  it.live.each(["lean", "verbose"] as const)(
    "leaves no call at the model, and each job done, given up or in the queue (%s)",
    (style) =>
      Effect.gen(function* () {
        let busy = 0
        for (let millis = 1; millis < 20_000; millis += runs(1201, 97)) {
          const { after, before, jobs, left, requests } = yield* ended(millis, style)
          busy += before.running

          assert.deepStrictEqual([after.running, after.waiting, requests.inFlight], [0, 0, 0])
          assert.strictEqual(jobs.pending, left)
          assert.strictEqual(jobs.created, jobs.completed + jobs.failed + left)
        }
        assert.isAbove(busy, 5)
      })
  )
})
