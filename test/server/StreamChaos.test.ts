import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import type { ServerResponse } from "node:http"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { runs } from "../support/runs.ts"
import { begin, delta, done, serving } from "../support/script.ts"

const parts = Array.from({ length: 8 }, (_, i) => delta(`part ${i}`))

/** Lets the event loop turn between writes, so that others can get between them. */
const slowly = (response: ServerResponse, events: ReadonlyArray<string>, end: () => unknown): void => {
  const [event, ...rest] = events
  if (response.destroyed) return
  if (event === undefined) end()
  else response.write(event, () => setImmediate(() => slowly(response, rest, end)))
}

/** One of the ways in which an endpoint behaves. */
const behave = (response: ServerResponse, kind: number): unknown => {
  switch (kind) {
    case 0:
      return response.writeHead(503).end("{}")
    case 1:
      return response.destroy()
    case 2:
      return slowly(begin(response), parts.slice(4), () => response.destroy())
    case 3:
      return slowly(begin(response), [...parts, 'data: {"ch'], () => response.end())
    case 4:
      return slowly(begin(response), parts.slice(6), () => {})
    case 5:
      return begin(response)
    default:
      return slowly(begin(response), parts, () => response.end(done))
  }
}

describe("streams of every kind at once", () => {
  it.live("whatever models and readers do, each ends once, truthfully, and nothing is left behind", () =>
    Effect.gen(function* () {
      const random = yield* Effect.service(Random.Random).pipe(Random.withSeed("streams"))
      const below = (count: number) => Math.floor(random.nextDoubleUnsafe() * count)
      const calls = runs(100, 1500)
      const { endpoint, stats, url } = yield* serving((response) => void behave(response, below(14)), {
        limits: {
          maxConcurrentRequests: 4,
          maxQueueSize: 30,
          maxRetries: 1,
          requestTimeout: "200 millis",
          streamIdleTimeout: "200 millis",
          circuitBreaker: { maxFailures: Infinity }
        }
      })

      const seen = yield* Effect.forEach(
        Array.from({ length: calls }, () => ({ leaves: below(4) === 0, after: below(40) })),
        ({ after, leaves }) =>
          Effect.scoped(
            Effect.gen(function* () {
              const reader = yield* stream(url)
              if (leaves) {
                for (let i = 0; i < after; i++) yield* Effect.yieldNow
                reader.leave()
                return "left"
              }
              const { statusCode } = yield* reader.head
              const { text } = yield* reader.end
              if (statusCode !== 200) return "refused"
              if (text === parts.join("") + done) return "whole"
              assert.notInclude(text, "[DONE]")
              assert.match(text, /\n\ndata: \{"error":\{.*\}\}\n\n$/)
              return "broken"
            })
          ),
        { concurrency: 20 }
      )

      yield* until(stats, ({ requests }) => requests.inFlight === 0)
      const { queue, requests } = yield* stats.snapshot
      assert.deepStrictEqual([queue.activeRequests, queue.queueSize], [0, 0])
      const { cancelled, failed, rejected, succeeded, timedOut, total } = requests
      assert.strictEqual(total, succeeded + failed + rejected + cancelled + timedOut)
      const count = (kind: string) => seen.filter((one) => one === kind).length
      assert.isTrue(succeeded >= count("whole") && succeeded <= count("whole") + count("left"))
      assert.isAtMost(cancelled, count("left"))
      for (const { closed } of endpoint.requests) yield* closed
      for (const kind of ["whole", "broken", "refused", "left"]) assert.isAbove(count(kind), 0, kind)
    })
  )
})
