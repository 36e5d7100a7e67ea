import { setTimeout as sleep } from "node:timers/promises"
import type { Call, Scenario, Work } from "./Peer.ts"

/** Work whose end the scenario decides. */
const held = () => {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<unknown>()
  const work: Work = () => {
    begun.resolve()
    return end.promise
  }
  return { work, begun: begun.promise, succeed: () => end.resolve("done"), fail: () => end.reject(new Error("down")) }
}

/** How a call ends, without throwing. */
const ending = (call: Promise<unknown>): Promise<"answered" | Error> =>
  call.then(
    () => "answered" as const,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
  )

const settles = async (call: Promise<unknown>, within: number) =>
  Promise.race([ending(call).then(() => true), sleep(within, false)])

const failing: Work = () => Promise.reject(new Error("down"))

const open = async (call: Call, failures: number) => {
  for (let i = 0; i < failures; i++) await ending(call(failing))
}

const seen = (held: boolean, instead: string): true | string => (held ? true : instead)

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "a waiting call that its caller aborts is settled at once, and never begins",
    setup: { concurrency: 1 },
    says: ["signal"],
    see: async (call) => {
      const first = held()
      const running = call(first.work)
      await first.begun
      let began = false
      const controller = new AbortController()
      const waiting = call(async () => void (began = true), { signal: controller.signal })
      controller.abort()
      const settled = await settles(waiting, 50)
      first.succeed()
      await running
      await sleep(20)
      return seen(settled && !began, began ? "its work began" : "it waited on")
    }
  },
  {
    name: "its place is free again at once",
    setup: { concurrency: 1, queue: 1 },
    says: ["signal"],
    see: async (call) => {
      const first = held()
      const running = call(first.work)
      await first.begun
      const controller = new AbortController()
      void ending(call(async () => {}, { signal: controller.signal }))
      controller.abort()
      await sleep(5)
      const next = ending(call(async () => {}))
      first.succeed()
      await running
      return seen((await next) === "answered", "the next call was refused")
    }
  },
  {
    name: "of 60 calls at once, 1 runs, 50 wait, 9 are refused at once",
    setup: { concurrency: 1, queue: 50 },
    see: async (call) => {
      const first = held()
      let refused = 0
      const calls = Array.from({ length: 60 }, (_, i) =>
        call(i === 0 ? first.work : async () => {}).catch(() => void refused++)
      )
      await sleep(20)
      const atOnce = refused
      first.succeed()
      await Promise.all(calls)
      return seen(atOnce === 9, `${atOnce} were refused`)
    }
  },
  {
    name: "work that ignores its abort keeps its permit: never more than 2 of 2 in progress",
    setup: { concurrency: 2, timeoutMs: 20 },
    see: async (call) => {
      let [running, peak] = [0, 0]
      const begun: Array<Promise<void>> = []
      const work: Work = () => {
        peak = Math.max(peak, ++running)
        begun.push(sleep(100).then(() => void running--))
        return begun.at(-1)!
      }
      await Promise.all(Array.from({ length: 10 }, () => ending(call(work))))
      await Promise.all(begun)
      return seen(peak <= 2, `${peak} were in progress`)
    }
  },
  {
    name: "a timeout reaches the work's signal",
    setup: { timeoutMs: 20 },
    see: async (call) => {
      let signal: AbortSignal | undefined
      const end = await ending(
        call((given) => {
          signal = given
          return sleep(100)
        })
      )
      return seen(end !== "answered" && signal?.aborted === true, "the work is not told")
    }
  },
  {
    name: "of those in line, the more urgent go first",
    setup: { concurrency: 1 },
    says: ["priority"],
    see: async (call) => {
      const first = held()
      const order: Array<number> = []
      const running = call(first.work)
      await first.begun
      // Who is next may stand at the door already.
      const next = call(async () => {})
      const calls = [2, 0, 1, 2, 0].map((priority) => call(async () => void order.push(priority), { priority }))
      await sleep(20)
      first.succeed()
      await Promise.all([running, next, ...calls])
      return seen(order.join() === "0,0,1,2,2", order.join(" "))
    }
  },
  {
    name: "a caller with 100 waiting calls does not hold up another with one",
    setup: { concurrency: 1 },
    says: ["caller"],
    see: async (call) => {
      const first = held()
      const running = call(first.work, { caller: "busy" })
      await first.begun
      let before = 0
      const busy = Array.from({ length: 100 }, () => call(async () => void before++, { caller: "busy" }))
      let ahead = NaN
      const light = call(async () => void (ahead = before), { caller: "light" })
      first.succeed()
      await Promise.all([running, ...busy, light])
      return seen(ahead <= 2, `${ahead} went first`)
    }
  },
  {
    name: "a wide call is not overtaken by narrow ones for ever",
    setup: { concurrency: 4 },
    says: ["permits"],
    see: async (call) => {
      const first = held()
      const running = call(first.work)
      await first.begun
      let [narrow, before] = [0, NaN]
      const wide = call(async () => void (before = narrow), { permits: 4 })
      const calls = Array.from({ length: 20 }, () => call(async () => void narrow++))
      await sleep(20)
      first.succeed()
      await Promise.all([running, wide, ...calls])
      return seen(before === 0, `${before} narrow ones went first`)
    }
  },
  {
    name: "a quiet time lets no two calls start closer than the rate",
    setup: { perSecond: 20 },
    see: async (call) => {
      await call(async () => {})
      await sleep(300)
      const starts: Array<number> = []
      await Promise.all(Array.from({ length: 4 }, () => call(async () => void starts.push(performance.now()))))
      const least = Math.min(...starts.slice(1).map((at, i) => at - starts[i]!))
      return seen(least >= 45, `${least.toFixed(0)} ms apart, of 50`)
    }
  },
  {
    name: "an aborted wait for the rate has spent nothing",
    setup: { perSecond: 20 },
    says: ["signal"],
    see: async (call) => {
      await call(async () => {})
      const controller = new AbortController()
      const gone = Array.from({ length: 10 }, () => ending(call(async () => {}, { signal: controller.signal })))
      await sleep(5)
      controller.abort()
      await Promise.all(gone)
      const begin = performance.now()
      await call(async () => {})
      const waited = performance.now() - begin
      return seen(waited < 100, `the next waits ${waited.toFixed(0)} ms, of 50`)
    }
  },
  {
    name: "after the open time exactly one of 20 calls tries",
    setup: { breaker: { failures: 3, openMs: 50 } },
    see: async (call) => {
      await open(call, 3)
      await sleep(70)
      let tried = 0
      const end = Promise.withResolvers<void>()
      const calls = Array.from({ length: 20 }, () =>
        ending(
          call(() => {
            tried++
            return end.promise
          })
        )
      )
      await sleep(20)
      const atOnce = tried
      end.resolve()
      await Promise.all(calls)
      return seen(atOnce === 1, `${atOnce} tried`)
    }
  },
  {
    name: "when the circuit opens, calls that wait are refused without having begun",
    setup: { concurrency: 1, breaker: { failures: 3, openMs: 500 } },
    see: async (call) => {
      await open(call, 2)
      const last = held()
      const running = ending(call(last.work))
      await last.begun
      let began = 0
      const waiting = Array.from({ length: 5 }, () => ending(call(async () => void began++)))
      last.fail()
      await running
      const settled = await Promise.race([Promise.all(waiting).then(() => true), sleep(50, false)])
      return seen(settled && began === 0, settled ? `${began} began` : "they waited on")
    }
  },
  {
    name: "a late success of a call from before does not close the circuit",
    setup: { breaker: { failures: 3, openMs: 500 } },
    see: async (call) => {
      const early = held()
      const slow = ending(call(early.work))
      await early.begun
      await open(call, 3)
      early.succeed()
      await slow
      let began = false
      await ending(call(async () => void (began = true)))
      return seen(!began, "it closed")
    }
  },
  {
    name: "calls that their callers abort do not open the circuit",
    setup: { breaker: { failures: 3, openMs: 500 } },
    says: ["signal"],
    see: async (call) => {
      for (let i = 0; i < 6; i++) {
        const controller = new AbortController()
        const aborted = ending(
          call(
            (signal) =>
              new Promise((_, reject) => {
                const leave = () => reject(new DOMException("aborted", "AbortError"))
                ;(signal ?? controller.signal).addEventListener("abort", leave)
              }),
            { signal: controller.signal }
          )
        )
        await sleep(1)
        controller.abort()
        await aborted
      }
      return seen((await ending(call(async () => {}))) === "answered", "it opened")
    }
  },
  {
    name: "a call that cannot be in time is refused at once",
    setup: { concurrency: 1, deadlineMs: 300 },
    see: async (call) => {
      const wave = () => Array.from({ length: 10 }, () => ending(call(() => sleep(100))))
      // How fast the line moves must have been seen.
      await Promise.all(wave())
      const calls = wave()
      const begin = performance.now()
      await ending(call(async () => {}))
      const after = performance.now() - begin
      await Promise.all(calls)
      return seen(after < 50, `refused after ${after.toFixed(0)} ms`)
    }
  },
  {
    name: "a refusal says when to come back",
    setup: { breaker: { failures: 3, openMs: 500 } },
    see: async (call) => {
      await open(call, 3)
      const refusal = await ending(call(async () => {}))
      const told = Object.entries(refusal).some(
        ([key, value]) => /retry|after|wait/i.test(key) && Number(value) > 0 && Number(value) <= 500
      )
      return seen(told || JSON.stringify(refusal).includes("retryAfter"), "it does not")
    }
  }
]
