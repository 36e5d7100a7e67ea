import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, References, Schedule } from "effect"
import { fork, Observer, standing, steps, times } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { type Replica, replica, until } from "../support/replicas.ts"
import { runs } from "../support/runs.ts"

// What is lost would come back with the lease only long after the test.
const lease = 60_000

const stride = runs(5, 1)
const moments = times(41).filter((step) => step % stride === 0)
const rhythms = [5, 11, 17]

/** Passes a call in a fiber that lets others go on after so many operations. */
const start = ({ pass }: Replica, rhythm: number, work: Effect.Effect<unknown, unknown>) =>
  fork(Effect.provideService(pass({}, work), References.MaxOpsBeforeYield, rhythm))

describe.runIf(hasRedis)("On Redis, whichever step a call is interrupted at", () => {
  it.live("its permit and its start go to the calls of all replicas, never two at once", () =>
    Effect.gen(function* () {
      const { url } = yield* redis
      const limits = { maxConcurrentRequests: 1, requestsPerSecond: 2000, burst: 10, maxQueueSize: 10, maxRetries: 0 }
      const replicas = yield* Effect.forEach(times(2), () => replica({ url, lease }, limits))
      for (const rhythm of rhythms) {
        for (const step of moments) {
          const observer = new Observer()
          const calls = yield* Effect.forEach(times(4), (i) =>
            start(replicas[i % 2]!, rhythm, observer.call(String(i), steps(2)))
          )
          yield* steps(step)
          yield* Fiber.interrupt(calls[step % 4]!)
          const ends = yield* Effect.forEach(calls, Fiber.await).pipe(Effect.timeout("5 seconds"))

          ends.forEach((end, i) => assert.isTrue(i === step % 4 || Exit.isSuccess(end), `call ${i} at step ${step}`))
          assert.deepStrictEqual([observer.running, observer.peak], [0, 1])
        }
      }
    })
  )

  it.live("the slot of its probe goes to a call of another replica", () =>
    Effect.gen(function* () {
      const { url } = yield* redis
      const circuitBreaker = { maxFailures: 1, timeout: 5 } as const
      const limits = { maxConcurrentRequests: 5, requestsPerSecond: 2000, burst: 10, maxRetries: 0, circuitBreaker }
      const [a, b] = yield* Effect.forEach(times(2), () => replica({ url, lease }, limits))
      const states = new Map<Replica, string>()
      for (const one of [a!, b!]) one.stats.onEvent((event) => event._tag === "Circuit" && states.set(one, event.state))
      for (const step of moments) {
        yield* Effect.exit(a!.pass({}, Effect.fail({ status: 500 })))
        yield* until("both know that the circuit is open", () => states.get(a!) === "open" && states.get(b!) === "open")
        yield* until("a probe may start", () => a!.openFor() === undefined)
        const probe = yield* start(a!, 11, steps(4))
        yield* steps(step)
        yield* Fiber.interrupt(probe)
        const call = b!.pass({}, Effect.void)
        yield* Effect.retry(call, Schedule.spaced(5)).pipe(Effect.timeout("5 seconds"))
        yield* until("the circuit is closed again", () => states.get(a!) === "closed" && states.get(b!) === "closed")
        assert.include(["succeeded", "interrupted", "CircuitOpen"], standing(probe))
      }
    })
  )
})
