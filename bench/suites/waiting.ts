import { BulkheadPolicy } from "cockatiel"
import { Effect, Fiber, Layer, ManagedRuntime, Semaphore } from "effect"
import PQueue from "p-queue"
import { ConcurrencyLimit, Gate, Headgate, AdmissionQueue } from "../../src/index.ts"
import type { Contender, Suite, Work } from "../Sample.ts"

const permits = 8
const sizes = [10, 1_000, 100_000]

const memory = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Lets so many calls wait behind `permits` that are held, weighs them, and times how they are worked off. */
const drained = async (
  times: number,
  enter: (hold: Promise<void>) => Promise<void>,
  settle: () => Promise<unknown>
) => {
  const hold = Promise.withResolvers<void>()
  const all: Array<Promise<void>> = []
  for (let i = 0; i < permits; i++) all.push(enter(hold.promise))
  await settle()
  const before = memory()
  for (let i = 0; i < times; i++) all.push(enter(hold.promise))
  await settle()
  const bytes = (memory() - before) / times
  const begin = process.hrtime.bigint()
  hold.resolve()
  await Promise.all(all)
  return { "bytes a waiting call": bytes, "µs a turn": Number(process.hrtime.bigint() - begin) / 1000 / times }
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The same with fibers in place of promises. */
const throughFibers = (name: string, layer: Layer.Layer<Gate, unknown>): Array<Contender> =>
  sizes.map((times) => ({
    name: `${name}, ${times} waiting`,
    group: `${times} waiting`,
    times,
    warm: 1,
    make: (): Work => {
      const runtime = ManagedRuntime.make(layer)
      const ask = {}
      return (times) =>
        runtime.runPromise(
          Effect.gen(function* () {
            const { pass } = yield* Gate
            const free = yield* Semaphore.make(0)
            const held = yield* Effect.forEach(Array.from({ length: permits }), () =>
              Effect.forkChild(pass(ask, free.take(1)), { startImmediately: true })
            )
            yield* Effect.promise(tick)
            const before = memory()
            const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
            for (let i = 0; i < times; i++) {
              fibers.push(yield* Effect.forkDetach(pass(ask, Effect.yieldNow), { startImmediately: true }))
            }
            yield* Effect.promise(tick)
            const bytes = (memory() - before) / times
            const begin = process.hrtime.bigint()
            yield* free.release(permits)
            for (const fiber of fibers) yield* Fiber.await(fiber)
            const turn = Number(process.hrtime.bigint() - begin) / 1000 / times
            yield* Fiber.awaitAll(held)
            return { "bytes a waiting call": bytes, "µs a turn": turn }
          })
        )
    }
  }))

const semaphore = Layer.effect(
  Gate,
  Effect.map(Semaphore.make(permits), (running) => ({ pass: (_ask, call) => running.withPermit(call) }))
)

const room = AdmissionQueue.layer({ capacity: Infinity }).pipe(
  Layer.provide(ConcurrencyLimit.layer({ permits })),
  Layer.provide(Gate.layerNoop)
)
const stack = Headgate.make({
  maxConcurrentRequests: permits,
  requestsPerSecond: Infinity,
  maxQueueSize: 1_000_000,
  deadline: "1 day"
})

const promises = (name: string, make: () => (work: () => Promise<void>) => Promise<unknown>): Array<Contender> =>
  sizes.map((times) => ({
    name: `${name}, ${times} waiting`,
    group: `${times} waiting`,
    times,
    warm: 1,
    make: () => {
      const enter = make()
      return (times) =>
        drained(
          times,
          async (hold) => {
            await enter(() => hold)
          },
          tick
        )
    }
  }))

export const suite: Suite = {
  title: "Waiting, and being worked off",
  note: `Calls wait behind ${permits} that are held, are weighed, and then worked off. A call that waits as a fiber can be interrupted at once; one that waits as a promise cannot.`,
  times: 1_000,
  contenders: [
    ...throughFibers("headgate, waiting room on permits", room),
    ...throughFibers("headgate, whole stack with deadlines", stack),
    ...throughFibers("Effect: Semaphore", semaphore).slice(0, 2),
    ...throughFibers("ungated fibers", Gate.layerNoop),
    ...promises("p-queue", () => {
      const queue = new PQueue({ concurrency: permits })
      return (work) => queue.add(work)
    }),
    ...promises("cockatiel bulkhead", () => {
      const bulkhead = new BulkheadPolicy(permits, 1_000_000)
      return (work) => bulkhead.execute(work)
    })
  ]
}
