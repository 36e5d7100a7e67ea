import Bottleneck from "bottleneck"
import { Effect, Layer, ManagedRuntime } from "effect"
import { RateLimiter } from "effect/persistence"
import { RateLimiterMemory, RateLimiterQueue } from "rate-limiter-flexible"
import { Gate, RateLimit } from "../../src/index.ts"
import type { Contender, Suite } from "../Sample.ts"

const seconds = 5

/** How far the starts are from an even pace, and how many more than the rate the fullest second holds. */
const judged = (starts: ReadonlyArray<number>, perSecond: number) => {
  const span = starts.at(-1)! - starts[0]!
  const crowded = starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length)
  return {
    "error of the mean pace, %": 100 * (span / ((starts.length - 1) * (1000 / perSecond)) - 1),
    "most starts in a second": Math.max(...crowded)
  }
}

const paced = (name: string, perSecond: number, make: () => (start: () => void) => Promise<unknown>): Contender => ({
  name: `${name}, ${perSecond}/s`,
  group: `${perSecond}/s`,
  times: perSecond * seconds,
  warm: 0,
  make: () => {
    const enter = make()
    return async (times) => {
      const starts: Array<number> = []
      await Promise.all(Array.from({ length: times }, () => enter(() => void starts.push(performance.now()))))
      return judged(starts, perSecond)
    }
  }
})

const headgate = (perSecond: number) =>
  paced("headgate RateLimit", perSecond, () => {
    const runtime = ManagedRuntime.make(Layer.provide(RateLimit.layer({ perSecond }), Gate.layerNoop))
    return (start) => runtime.runPromise(Gate.pass({}, Effect.sync(start)))
  })

const bottleneck = (perSecond: number) =>
  paced("bottleneck minTime", perSecond, () => {
    const limiter = new Bottleneck({ minTime: 1000 / perSecond })
    return (start) => limiter.schedule(async () => start())
  })

const flexible = (perSecond: number) =>
  paced("rate-limiter-flexible queue", perSecond, () => {
    const queue = new RateLimiterQueue(new RateLimiterMemory({ points: perSecond, duration: 1 }))
    return (start) => queue.removeTokens(1).then(start)
  })

const effectful = (perSecond: number) =>
  paced("Effect: RateLimiter, token bucket", perSecond, () => {
    const runtime = ManagedRuntime.make(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))
    const options = { key: "model", limit: perSecond, window: "1 second", algorithm: "token-bucket" } as const
    return (start) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const { delay } = yield* (yield* RateLimiter.RateLimiter).consume({ ...options, onExceeded: "delay" })
          yield* Effect.sleep(delay)
          start()
        })
      )
  })

export const suite: Suite = {
  title: "Pacing in real time",
  note: `All calls of ${seconds} seconds come at once and are to start at the rate; a burst of one allows no more than the rate in any second. The virtual-clock bound is a test: no window is over, and the mean error is at most 0.2 % from 1/s to 100/s.`,
  times: 1,
  contenders: [2, 50].flatMap((perSecond) => [
    headgate(perSecond),
    bottleneck(perSecond),
    flexible(perSecond),
    effectful(perSecond)
  ])
}
