// A process that does jobs until it is killed: node jobWorker.ts <url> <prefix> <agents>. It tells what it does, a line each.
import { writeSync } from "node:fs"
import { Effect, Layer, Redacted, References } from "effect"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { JobStore } from "../../src/agents/JobStore.ts"
import { kind } from "./killing.ts"
import { storeAt } from "./storeAt.ts"

const [, , url = "", prefix = "", agents = "1"] = process.argv

const tell = (line: string) => Effect.sync(() => writeSync(1, `${line}\n`))

/** The store, which tells of each end that it recorded. */
const telling = Layer.effect(
  JobStore,
  Effect.map(JobStore, (store) => ({
    ...store,
    record: (queue: string, id: string, ending: string) =>
      Effect.tap(store.record(queue, id, ending), (isFirst) => (isFirst ? tell(`recorded ${id}`) : Effect.void))
  }))
).pipe(Layer.provide(storeAt({ url: Redacted.make(url), prefix }, 1000)))

const program = Effect.gen(function* () {
  const queue = yield* JobQueue.makePersisted({ kinds: [kind], maxAttempts: 100 })
  const work = queue.takeWith((job) =>
    tell(`began ${job.task}`).pipe(
      Effect.andThen(Effect.sleep(`${1 + (Number(job.task) % 7)} millis`)),
      Effect.as({
        result: { task: job.task },
        failure: undefined,
        episode: { job, completed: true, observations: [], rejections: [] }
      })
    )
  )
  yield* tell("ready")
  yield* Effect.all(
    Array.from({ length: Number(agents) }, () => Effect.forever(work)),
    { concurrency: "unbounded", discard: true }
  )
}).pipe(Effect.scoped, Effect.provide(telling), Effect.provideService(References.MinimumLogLevel, "None"))

await Effect.runPromise(program)
