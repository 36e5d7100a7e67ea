// One replica of `npm run scale`: keeps callers busy, and writes when their calls start and end on the host's own clock.
import { writeSync } from "node:fs"
import { once } from "node:events"
import { Effect, Redacted } from "effect"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"

export interface Plan {
  readonly url: string
  readonly callers: number
  readonly workMillis: number
  readonly allowance: number
  readonly leaseMillis: number
  readonly perSecond: number | null
  readonly permits: number
}

const plan: Plan = JSON.parse(process.argv[2]!)

// Written at once: what is said before a kill is heard.
const say = (word: string) => writeSync(1, `${word} ${process.hrtime.bigint()}\n`)

const work = Effect.acquireUseRelease(
  Effect.sync(() => say("start")),
  () => Effect.sleep(plan.workMillis),
  () => Effect.sync(() => say("end"))
)

const gate = Headgate.layerRedis(
  { url: Redacted.make(plan.url), allowance: plan.allowance, lease: plan.leaseMillis },
  {
    maxConcurrentRequests: plan.permits,
    requestsPerSecond: plan.perSecond ?? Infinity,
    maxQueueSize: 1000,
    deadline: Infinity,
    maxRetries: 0
  }
)

const load = Effect.gen(function* () {
  yield* Effect.promise(async () => {
    say("ready")
    await once(process.stdin, "data")
  })
  const { pass } = yield* Gate
  const stop = Effect.promise(() => once(process.stdin, "data"))
  const caller = (name: string) => Effect.forever(pass({ caller: name }, work))
  const callers = Effect.forEach(
    Array.from({ length: plan.callers }, (_, i) => `caller ${i}`),
    caller,
    {
      concurrency: "unbounded",
      discard: true
    }
  )
  yield* Effect.raceFirst(callers, stop)
})

await Effect.runPromise(Effect.provide(load, gate))
say("closed")
process.exit(0)
