import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { Effect, Random, Redacted, References, Schema } from "effect"
import * as Job from "../../src/agents/Job.ts"
import * as JobKind from "../../src/agents/JobKind.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { type Place, storeAt } from "./storeAt.ts"

const result = Schema.Struct({ task: Schema.String })

/** Jobs that are known by a number. */
export const kind = JobKind.make({
  name: "numbered",
  data: Schema.Struct({ number: Schema.Int }),
  make: ({ number }) => Job.make({ goal: "Count.", task: String(number), result })
})

export interface Killing {
  readonly jobs: number
  readonly kills: number
  readonly workers: number
  readonly seed: number
}

/** What became of the jobs. */
export interface Aftermath {
  readonly completed: number
  readonly failed: number
  /** Jobs that have not ended, or that no worker has recorded. */
  readonly lost: number
  /** Jobs whose end was recorded more than once. */
  readonly twice: number
  /** How often a job was begun again. */
  readonly begunAgain: number
}

/** Workers that are killed and started again. */
export class Workers {
  readonly began = new Map<string, number>()
  readonly recorded = new Map<string, number>()
  readonly #place: Place
  readonly #running: Array<ChildProcess> = []
  #left = 0
  #onLine = () => {}

  constructor(place: Place) {
    this.#place = place
  }

  /** Starts a worker, and waits until it takes jobs. */
  async start(): Promise<void> {
    const script = join(import.meta.dirname, "jobWorker.ts")
    const words = [script, Redacted.value(this.#place.url), this.#place.prefix, "4"]
    const worker = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] })
    this.#running.push(worker)
    const output = createInterface(worker.stdout!)
    await once(output, "line")
    output.on("line", (line) => {
      const [event, id = ""] = line.split(" ")
      const counts = event === "began" ? this.began : this.recorded
      counts.set(id, (counts.get(id) ?? 0) + 1)
      if (--this.#left === 0) this.#onLine()
    })
  }

  /** Waits until the workers have told so many lines more. */
  lines(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#onLine = resolve
    })
  }

  async kill(index: number): Promise<void> {
    const [worker] = this.#running.splice(index, 1)
    worker!.kill("SIGKILL")
    await once(worker!, "close")
  }

  async end(): Promise<void> {
    while (this.#running.length > 0) await this.kill(0)
  }
}

/** Lets workers do jobs and kills them at random moments; the last go on until all jobs have ended. */
export const killing = (place: Place, { jobs, kills, seed, workers }: Killing): Effect.Effect<Aftermath> =>
  Effect.gen(function* () {
    const queue = yield* JobQueue.makePersisted({ kinds: [kind] })
    const ids = Array.from({ length: jobs }, (_, number) => String(number))
    const add = (id: string) => queue.add(kind.of({ number: Number(id) }), { id })
    const all = yield* Effect.acquireRelease(
      Effect.sync(() => new Workers(place)),
      (made) => Effect.promise(() => made.end())
    )
    yield* Effect.promise(() => Promise.all(Array.from({ length: workers }, () => all.start())))
    // Each part of the jobs tells two lines a job, and sees one kill somewhere in its first half.
    const part = Math.floor(jobs / (kills + 1))
    for (let count = 0; count < kills; count++) {
      const told = all.lines(yield* Random.nextIntBetween(1, part))
      yield* Effect.forEach(ids.slice(count * part, (count + 1) * part), add, { concurrency: 10, discard: true })
      yield* Effect.promise(() => told)
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 10))
      const index = yield* Random.nextIntBetween(0, workers - 1)
      yield* Effect.promise(() => all.kill(index).then(() => all.start()))
    }
    yield* Effect.forEach(ids.slice(kills * part), add, { concurrency: 10, discard: true })
    yield* queue.idle

    const ends = yield* queue.ended(ids)
    const completed = ends
      .values()
      .filter(({ failure }) => failure === undefined)
      .toArray().length
    const sum = (counts: ReadonlyMap<string, number>) => counts.values().reduce((total, count) => total + count - 1, 0)
    return {
      completed,
      failed: ends.size - completed,
      lost: jobs - ends.size,
      twice: sum(all.recorded),
      begunAgain: sum(all.began)
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(storeAt(place, 1000)),
    Random.withSeed(seed),
    Effect.provideService(References.MinimumLogLevel, "None")
  )
