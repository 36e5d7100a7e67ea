import Bottleneck from "bottleneck"
import { bulkhead, circuitBreaker, ConsecutiveBreaker, handleAll, timeout, TimeoutStrategy, wrap } from "cockatiel"
import Opossum from "opossum"
import pLimit from "p-limit"
import PQueue from "p-queue"
import { createProvider } from "../../src/index.ts"
import { Floor } from "../Floor.ts"
import type { Contender, Suite } from "../Sample.ts"

const permits = 8
const room = 1_000_000

type Run = (work: (signal?: AbortSignal) => Promise<void>) => Promise<unknown>

// A model answers later, if only by a tick.
const work = () => Promise.resolve().then(() => {})

/** So many callers at once, each with one call after another, until all calls are made. */
const called = (name: string, callers: number, make: () => Promise<Run> | Run, times?: number): Contender => ({
  name: `${name}, ${callers} at once`,
  group: `${callers} at once`,
  ...(times !== undefined && { times, warm: 1 }),
  make: async () => {
    const run = await make()
    return async (times) => {
      let left = times
      const caller = async () => {
        while (left-- > 0) await run(work)
      }
      await Promise.all(Array.from({ length: callers }, caller))
    }
  }
})

const floor = () => {
  const least = new Floor(permits, room)
  return (call: () => Promise<void>) => least.run(call)
}

const headgate = async (): Promise<Run> => {
  const provider = await createProvider({
    maxConcurrentRequests: permits,
    maxQueueSize: room,
    requestsPerSecond: Infinity,
    deadline: "1 day"
  })
  return (call) => provider.run(call)
}

const cockatiel = () => {
  const policy = wrap(
    bulkhead(permits, room),
    circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
    timeout(60_000, TimeoutStrategy.Aggressive)
  )
  return (call: () => Promise<void>) => policy.execute(call)
}

const queued = () => {
  const queue = new PQueue({ concurrency: permits })
  const circuit = new Opossum((call: () => Promise<void>) => call(), { timeout: 60_000, resetTimeout: 30_000 })
  return (call: () => Promise<void>) => queue.add(() => circuit.fire(call))
}

const limited = () => {
  const limit = pLimit(permits)
  return (call: () => Promise<void>) => limit(call)
}

const bottleneck = () => {
  const limiter = new Bottleneck({ maxConcurrent: permits })
  return (call: () => Promise<void>) => limiter.schedule(call)
}

export const suite: Suite = {
  title: "A call at the promise boundary",
  note: `\`run\` with ${permits} permits, a queue, a breaker and a timeout, called by 1, 100 or 10,000 at once. The floor is the least code that does the job (\`bench/Floor.ts\`), and each is compared with the floor of as many callers; p-limit and bottleneck only limit how many run.`,
  times: 20_000,
  contenders: [1, 100, 10_000].flatMap((callers) => [
    called("the floor", callers, floor),
    called("headgate run", callers, headgate),
    called("cockatiel", callers, cockatiel),
    called("p-queue + opossum", callers, queued),
    called("p-limit", callers, limited),
    ...(callers < 10_000 ? [called("bottleneck", callers, bottleneck, 200)] : [])
  ])
}
