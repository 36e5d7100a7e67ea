import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import type { Outcome } from "../../src/agents/Agent.ts"
import * as Job from "../../src/agents/Job.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { Stats } from "../../src/Stats.ts"

const jobOf = (task: string) => Job.make({ goal: "Say yes.", task, result: Schema.Struct({ yes: Schema.Boolean }) })

const done = (job: Job.Job): Effect.Effect<Outcome> =>
  Effect.succeed({
    result: job.task,
    failure: undefined,
    episode: { job, completed: true, observations: [], rejections: [] }
  })

describe("JobQueue", () => {
  it.effect("jobs are done first come, first served, and their outcome comes back to who added them", () =>
    Effect.gen(function* () {
      const queue = yield* JobQueue.make
      const [first, second] = [yield* queue.add(jobOf("a")), yield* queue.add(jobOf("b"))]
      assert.strictEqual(queue.size, 2)
      yield* queue.takeWith(done)
      yield* queue.takeWith(done)

      assert.deepStrictEqual([(yield* second).result, (yield* first).result], ["b", "a"] as never)
      const { jobs } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
      assert.deepInclude(jobs, { created: 2, completed: 2, pending: 0 })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a job that is interrupted or fails goes back, and is pending until it is done", () =>
    Effect.gen(function* () {
      const queue = yield* JobQueue.make
      yield* queue.add(jobOf("a"))
      const idle = yield* Effect.forkChild(queue.idle, { startImmediately: true })
      const working = yield* Effect.forkChild(
        queue.takeWith(() => Effect.never),
        { startImmediately: true }
      )
      assert.strictEqual(queue.size, 0)
      yield* Fiber.interrupt(working)
      assert.strictEqual(queue.size, 1)
      yield* Effect.exit(queue.takeWith(() => Effect.fail("closing")))
      assert.strictEqual(queue.size, 1)
      assert.isUndefined(idle.pollUnsafe())
      yield* queue.takeWith(done)
      yield* Fiber.join(idle)

      yield* queue.idle
    })
  )
})
