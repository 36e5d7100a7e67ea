import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { ConcurrencyLimit, Drain, Draining, Gate, Headgate, StreamProgress, AdmissionQueue } from "../src/index.ts"
import { fork } from "./support/gate.ts"
import { bytesInUse, leastGrowth } from "./support/memory.ts"

const settings = { maxConcurrentRequests: 1, requestsPerSecond: Infinity, maxRetries: 1, maxWait: "1 minute" } as const
const rounds = 5
const cycles = 300
const callers = 1000

describe("Calls that have ended", () => {
  it.effect("leave nothing of themselves in the gate, whether they answered, failed, were cut or never started", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const call = <A, E>(work: Effect.Effect<A, E>) => pass({ caller: "ada" }, work)
      const cycle = Effect.gen(function* () {
        yield* call(Effect.yieldNow)
        yield* Effect.exit(call(Effect.andThen(Effect.yieldNow, Effect.fail({ status: 400 }))))
        yield* Effect.exit(call(Effect.die("broken")))
        yield* Effect.provideService(call(Effect.yieldNow), StreamProgress.current, new StreamProgress())
        // One at the model, one at the head of the queue, and one behind it.
        const left = [yield* fork(call(Effect.never)), yield* fork(call(Effect.never)), yield* fork(call(Effect.never))]
        yield* Fiber.interruptAll(left.toReversed())
      })
      yield* Effect.repeat(cycle, { times: cycles })
      const weighed = [yield* bytesInUse]
      for (let round = 0; round < rounds; round++) {
        yield* Effect.repeat(cycle, { times: cycles })
        weighed.push(yield* bytesInUse)
      }

      assert.isBelow(leastGrowth(weighed) / cycles, 100, "bytes for seven calls")
    }).pipe(Effect.provide(Layer.provide(Headgate.make(settings), Layer.succeed(Draining, new Drain()))))
  )

  it.effect("nor do callers who came once, in a queue that is never empty", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const measured: Array<number> = []
      const weigh = Effect.map(bytesInUse, (bytes) => void measured.push(bytes))
      const visit = (_: unknown, at: number) =>
        pass({ caller: `caller ${at}` }, at % callers === 0 ? weigh : Effect.yieldNow)
      // One at the model, one at the head of the queue, and one behind it.
      yield* Effect.forEach(Array.from({ length: callers * (rounds + 1) + 3 }), visit, {
        concurrency: 3,
        discard: true
      })

      assert.isBelow(leastGrowth(measured.slice(1)) / callers, 50, "bytes for a caller")
    }).pipe(
      Effect.provide(
        AdmissionQueue.layer({ capacity: 10 }).pipe(
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
          Layer.provide(Gate.layerNoop)
        )
      )
    )
  )
})
