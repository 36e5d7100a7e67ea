import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Redacted, References, type Scope } from "effect"
import type { Outcome } from "../../src/agents/Agent.ts"
import type { Job } from "../../src/agents/Job.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { kind, Workers } from "../support/killing.ts"
import { hasPostgres, postgres } from "../support/postgres.ts"
import { freePort, hasRedis, TestRedis } from "../support/redis.ts"
import { storeAt } from "../support/storeAt.ts"

/** A server that the test kills and starts again. */
interface Server {
  readonly url: Redacted.Redacted
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Lets it fail with an answer, if it can. */
  readonly refuse: (isRefusing: boolean) => Promise<void>
}

/** A Redis that keeps what it has on the disk. */
const redis: Effect.Effect<Server, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const made = new TestRedis(await freePort())
    await made.start(true)
    return made
  }),
  (made) => Effect.promise(() => made.remove())
).pipe(
  Effect.map((made) => ({
    url: made.url,
    kill: () => made.kill(),
    start: () => made.start(true),
    refuse: (is) => made.refuse(is)
  }))
)

const ownPostgres: Effect.Effect<Server, never, Scope.Scope> = Effect.map(postgres, (made) => ({
  url: made.url,
  kill: async () => made.kill(),
  start: () => made.start(),
  refuse: async () => {}
}))

const servers = [
  ...(hasRedis ? [{ name: "Redis", server: redis }] : []),
  ...(hasPostgres ? [{ name: "PostgreSQL", server: ownPostgres }] : [])
]

const done = (job: Job): Effect.Effect<Outcome> =>
  Effect.succeed({
    result: { task: job.task },
    failure: undefined,
    episode: { job, completed: true, observations: [], rejections: [] }
  })

const jobOf = (number: number) => kind.of({ number })

describe("A store of jobs that fails for a while", () => {
  for (const { name, server } of servers) {
    it.live(`has every job when it is back, those of a process that died later too: ${name}`, () =>
      Effect.gen(function* () {
        const { kill, refuse, start, url } = yield* server
        const place = { url, prefix: "test" }
        yield* Effect.gen(function* () {
          const queue = yield* JobQueue.makePersisted({ kinds: [kind] })
          const [begun, down] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          const first = yield* queue.add(jobOf(1), { id: "1" })
          const working = yield* Effect.forkChild(
            queue.takeWith((job) =>
              Effect.andThen(Deferred.succeed(begun, undefined), Effect.andThen(Deferred.await(down), done(job)))
            )
          )
          yield* Deferred.await(begun)
          yield* Effect.promise(kill)
          yield* Deferred.succeed(down, undefined)
          const added = yield* Effect.forkChild(queue.add(jobOf(2), { id: "2" }), { startImmediately: true })
          // Long enough for everything that the queue does now and then to fail.
          yield* Effect.sleep("2 seconds")
          yield* Effect.promise(start)
          yield* Effect.promise(() => refuse(true))
          yield* Effect.sleep("1 second")
          yield* Effect.promise(() => refuse(false))
          assert.strictEqual((yield* first).failure, undefined)
          yield* Fiber.join(working)
          const agent = yield* Effect.forkChild(Effect.forever(queue.takeWith(done)))
          yield* yield* Fiber.join(added)
          yield* Fiber.interrupt(agent)

          const workers = new Workers(place)
          yield* Effect.promise(() => workers.start())
          const told = workers.lines(1)
          for (let number = 3; number < 30; number++) yield* queue.add(jobOf(number), { id: String(number) })
          yield* Effect.promise(() => told)
          yield* Effect.promise(() => workers.end())
          yield* Effect.forkChild(Effect.forever(queue.takeWith(done)))
          yield* queue.idle
        }).pipe(Effect.scoped, Effect.provide(storeAt(place, 1000)))
      }).pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))
    )
  }
})
