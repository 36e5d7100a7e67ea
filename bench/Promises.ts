import CircuitBreaker from "opossum"
import PQueue from "p-queue"
import { createProvider } from "../src/index.ts"
import type { Contender, Work } from "./Sample.ts"

type Call = (signal?: AbortSignal) => Promise<unknown>
type Door = (call: Call) => Promise<unknown>

const permits = 8
const places = 100_000
const patience = 60_000

/** The least code that lets so many run and wait, cuts what takes too long, and stops asking a model that keeps failing. */
const byHand = (): Door => {
  const waiting: Array<() => void> = []
  let running = 0
  let failures = 0
  let openUntil = 0
  const settled = (failed: boolean) => {
    running--
    failures = failed ? failures + 1 : 0
    if (failures >= 5) openUntil = performance.now() + 30_000
    waiting.shift()?.()
  }
  return (call) =>
    new Promise((resolve, reject) => {
      const begin = () => {
        running++
        const cut = new AbortController()
        const late = () => {
          cut.abort()
          reject(new Error("late"))
        }
        const timer = setTimeout(late, patience)
        call(cut.signal).then(
          (value) => {
            clearTimeout(timer)
            settled(false)
            resolve(value)
          },
          (error) => {
            clearTimeout(timer)
            settled(true)
            reject(error)
          }
        )
      }
      if (performance.now() < openUntil) reject(new Error("open"))
      else if (running < permits) begin()
      else if (waiting.length < places) waiting.push(begin)
      else reject(new Error("full"))
    })
}

const peers = (): Door => {
  const queue = new PQueue({ concurrency: permits })
  const breaker = new CircuitBreaker((call: Call) => call(), { timeout: patience, resetTimeout: 30_000 })
  return (call) => queue.add(() => breaker.fire(call))
}

const headgate = async (): Promise<Door> => {
  const { run } = await createProvider({
    requestsPerSecond: Infinity,
    maxConcurrentRequests: permits,
    maxQueueSize: places,
    requestTimeout: patience
  })
  return (call) => run(call)
}

/** Doors for promises, each given so many calls at once. */
export const doors = (atOnce: number, call: Call): ReadonlyArray<Contender> => {
  const contender = (name: string, make: () => Door | Promise<Door>): Contender => ({
    name,
    make: async (): Promise<Work> => {
      const door = await make()
      return async (times) => {
        for (let done = 0; done < times; done += atOnce) {
          await Promise.all(Array.from({ length: atOnce }, () => door(call)))
        }
      }
    }
  })
  return [
    contender("p-queue and opossum", peers),
    contender("headgate, llmProvider.run", headgate),
    contender("the least code by hand", byHand),
    contender("no door", () => (call) => call())
  ]
}
