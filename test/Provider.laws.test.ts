import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { adds, pass, provider, settled, turn } from "./support/provider.ts"
import { runs } from "./support/runs.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Call = Schema.Struct({
  at: between(0, 40),
  takes: between(0, 60),
  /** How long it goes on after it was told to stop. */
  lingers: between(0, 30),
  fails: Schema.Boolean,
  leavesAfter: Schema.NullOr(between(0, 40)),
  deadlineMs: Schema.NullOr(between(0, 60)),
  permits: between(1, 2)
})

const Load = Schema.Struct({ permits: between(1, 3), capacity: between(0, 4), calls: Schema.Array(Call) })

describe("run, under any load", () => {
  it.effect.prop(
    "no more work runs than there are permits, the figures add up, and in the end nothing is held",
    { load: Load },
    ({ load: { calls, capacity, permits } }) =>
      Effect.gen(function* () {
        const made = yield* provider({
          maxConcurrentRequests: permits,
          maxQueueSize: capacity,
          requestTimeout: 15,
          maxRetries: 1,
          grace: Infinity,
          circuitBreaker: { maxFailures: 4, timeout: 10 }
        })
        const context = yield* Effect.context<never>()
        const sleep = (millis: number) => Effect.runPromiseWith(context)(Effect.sleep(millis))
        let [running, wrong] = [0, 0]
        const work = ({ fails, lingers, permits: wide, takes }: typeof Call.Type) => {
          return async (signal: AbortSignal) => {
            running += wide
            if (running > permits) wrong++
            const stopped = Promise.withResolvers<void>()
            signal.addEventListener("abort", () => void sleep(lingers).then(() => stopped.resolve()))
            await Promise.race([sleep(takes), stopped.promise])
            running -= wide
            if (fails) throw new Error("own")
          }
        }
        const waiting = calls.map((call) => ({ ...call, controller: new AbortController() }))
        const ended: Array<ReturnType<typeof settled<void>>> = []
        for (let at = 0; at <= 200; at++) {
          for (const call of waiting) {
            if (call.at === at) {
              const { controller, deadlineMs, permits } = call
              const deadline = deadlineMs === null ? {} : { deadlineMs }
              ended.push(settled(made.run(work(call), { permits, signal: controller.signal, ...deadline })))
            }
            if (call.leavesAfter !== null && call.at + call.leavesAfter === at) call.controller.abort()
          }
          yield* pass(1)
          assert.isTrue(adds(made))
          assert.isAtMost(made.getStats().queue.queueSize, Math.max(1, capacity))
        }
        yield* pass(1000)

        assert.strictEqual(wrong, 0)
        assert.strictEqual(running, 0)
        assert.isTrue(ended.every(({ is }) => is !== "pending"))
        assert.deepInclude(made.getStats().queue, { activeRequests: 0, queueSize: 0 })
        assert.deepInclude(made.getStats().requests, { inFlight: 0, zombies: 0 })
        const next = settled(made.run(() => "next", { permits }))
        yield* pass(20)
        assert.strictEqual(next.value, "next")
      }).pipe(Effect.scoped),
    { arbitrary: { runs: runs(15, 500), size: 60 } }
  )

  it.effect("a caller that leaves after however many steps leaves no permit held", () =>
    Effect.gen(function* () {
      const made = yield* provider({ maxConcurrentRequests: 1 })
      for (const leaver of [0, 1, 2]) {
        for (let hops = 0; hops <= 12; hops++) {
          const controllers = [0, 1, 2].map(() => new AbortController())
          const calls = controllers.map(({ signal }) =>
            settled(
              made.run(
                async (signal) => {
                  await Promise.resolve()
                  await Promise.resolve()
                  return signal.aborted
                },
                { signal }
              )
            )
          )
          yield* Effect.promise(async () => {
            for (let hop = 0; hop < hops; hop++) await Promise.resolve()
          })
          controllers[leaver]!.abort("gone")
          yield* turn
          yield* turn
          yield* turn

          const { value } = calls[leaver]!
          assert.include(["gone", false], value)
          assert.deepStrictEqual(
            calls.filter((_, index) => index !== leaver).map(({ value }) => value),
            [false, false]
          )
          assert.deepInclude(made.getStats().queue, { activeRequests: 0, queueSize: 0 })
        }
      }
      assert.deepInclude(made.getStats().requests, { total: 117, inFlight: 0, zombies: 0 })
    })
  )
})
