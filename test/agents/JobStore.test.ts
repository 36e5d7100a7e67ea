import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, References, Schema, type Scope } from "effect"
import type { Outcome } from "../../src/agents/Agent.ts"
import * as Job from "../../src/agents/Job.ts"
import * as JobKind from "../../src/agents/JobKind.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { JobStore } from "../../src/agents/JobStore.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import { Stats } from "../../src/Stats.ts"
import { jobStores } from "../support/jobStores.ts"
import { type Place, storeAt } from "../support/storeAt.ts"

const greeting = JobKind.make({
  name: "greeting",
  data: Schema.Struct({ name: Schema.String, at: Schema.DateFromMillis }),
  make: ({ name }) =>
    Job.make({ goal: "Greet.", task: `Greet ${name}.`, result: Schema.Struct({ on: Schema.DateFromMillis }) })
})

const greet = (name: string) => greeting.of({ name, at: new Date(0) })

const done = (job: Job.Job): Effect.Effect<Outcome> =>
  Effect.succeed({
    result: { on: new Date(7) },
    failure: undefined,
    episode: { job, completed: true, observations: [], rejections: [] }
  })

type Options = Parameters<typeof JobQueue.makePersisted>[0]

/** A process with a queue of its own on a store, until the scope closes. */
const queueAt = (place: Place, options: Partial<Options> = {}) =>
  Effect.flatMap(Layer.build(storeAt(place)), (store) =>
    Effect.provide(JobQueue.makePersisted({ kinds: [greeting], ...options }), store)
  )

const jobs = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, (figures) => figures.jobs))

const tasksOf = (outcomes: ReadonlyArray<Outcome>) => outcomes.map(({ episode }) => episode.job.task).sort()

for (const { empty, name } of jobStores()) {
  describe.concurrent(`A queue of jobs on ${name}`, () => {
    const test = (fact: string, body: (place: Place) => Effect.Effect<void, unknown, Scope.Scope | Stats>) =>
      it.live(fact, () =>
        Effect.flatMap(empty, body).pipe(
          Effect.scoped,
          Effect.provide(Stats.layer),
          Effect.provideService(References.MinimumLogLevel, "None")
        )
      )

    test("jobs are done first come, first served, and their typed outcome comes to who added them", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place)
        const first = yield* queue.add(greet("Ada"))
        yield* queue.add(greet("Bo"))
        assert.strictEqual(queue.size, 2)
        const tasks = [(yield* queue.takeWith(done)).episode.job.task, (yield* queue.takeWith(done)).episode.job.task]

        assert.deepStrictEqual(tasks, ["Greet Ada.", "Greet Bo."])
        assert.deepStrictEqual((yield* first).result, { on: new Date(7) })
        yield* queue.idle
        assert.deepInclude(yield* jobs, { created: 2, completed: 2, pending: 0 })
      }))

    test("a process does the jobs that another has added, which learns of their end", (place) =>
      Effect.gen(function* () {
        const [one, other] = [yield* queueAt(place), yield* queueAt(place)]
        const outcome = yield* one.add(greet("Ada"), { id: "ada" })
        yield* other.takeWith(done)

        assert.deepStrictEqual((yield* outcome).result, { on: new Date(7) })
        yield* one.idle
        assert.deepStrictEqual(yield* other.ended(["ada", "bo"]), new Map([["ada", { result: { on: 7 } }]]))
      }))

    test("a job whose end is on record is not done again, and counts no second time", (place) =>
      Effect.gen(function* () {
        const before = yield* Effect.scoped(
          Effect.gen(function* () {
            const queue = yield* queueAt(place)
            const outcome = yield* queue.add(greet("Ada"), { id: "ada" })
            yield* queue.takeWith(done)
            return yield* outcome
          })
        )
        const queue = yield* queueAt(place)
        const again = yield* queue.add(greet("Ada"), { id: "ada" })
        yield* queue.add(greet("Bo"), { id: "bo" })

        assert.deepStrictEqual((yield* again).result, before.result)
        assert.deepStrictEqual(tasksOf([yield* queue.takeWith(done)]), ["Greet Bo."])
        assert.deepInclude(yield* jobs, { created: 2, completed: 2, pending: 0 })
      }))

    test("of two ends of one job the first counts, for all", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place)
        const store = yield* Effect.flatMap(Layer.build(storeAt(place)), (built) => Effect.provide(JobStore, built))
        const outcome = yield* queue.add(greet("Ada"), { id: "ada" })
        yield* queue.takeWith((job) =>
          Effect.andThen(store.record("jobs", "ada", JSON.stringify({ failure: "late" })), done(job))
        )

        assert.strictEqual((yield* outcome).failure, "late")
        assert.deepStrictEqual(yield* queue.ended(["ada"]), new Map([["ada", { failure: "late" }]]))
        assert.deepInclude(yield* jobs, { created: 1, completed: 0, failed: 1, pending: 0 })
      }))

    test("a job that comes again after its end is only acknowledged", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place)
        const store = yield* Effect.flatMap(Layer.build(storeAt(place)), (built) => Effect.provide(JobStore, built))
        yield* queue.add(greet("Ada"), { id: "ada" })
        yield* queue.add(greet("Bo"), { id: "bo" })
        yield* store.record("jobs", "ada", JSON.stringify({ result: { on: 1 } }))

        assert.deepStrictEqual(tasksOf([yield* queue.takeWith(done)]), ["Greet Bo."])
        yield* queue.idle
        assert.deepInclude(yield* jobs, { created: 2, completed: 2, pending: 0 })
      }))

    test("a job that is interrupted goes back at once, and no attempt is counted", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place, { maxAttempts: 1 })
        yield* queue.add(greet("Ada"))
        for (let time = 0; time < 3; time++) {
          const taken = yield* Deferred.make<void>()
          const working = yield* Effect.forkChild(
            queue.takeWith(() => Effect.andThen(Deferred.succeed(taken, undefined), Effect.never))
          )
          yield* Deferred.await(taken)
          assert.strictEqual(queue.size, 0)
          yield* Fiber.interrupt(working)
          assert.strictEqual(queue.size, 1)
        }

        assert.strictEqual((yield* queue.takeWith(done)).failure, undefined)
      }))

    test("a job that fails comes again, and at last ends as failed, with the reason", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place, { maxAttempts: 2 })
        const outcome = yield* queue.add(greet("Ada"))
        assert.strictEqual(yield* Effect.flip(queue.takeWith(() => Effect.fail("no luck"))), "no luck")
        const agent = yield* Effect.forkChild(queue.takeWith(() => Effect.die(new Error("no luck again"))))

        const { failure, reason } = yield* outcome
        yield* Fiber.interrupt(agent)
        assert.deepStrictEqual([failure, reason], ["defect", "Given up after 2 attempts: no luck again"])
        assert.deepInclude(yield* jobs, { created: 1, failed: 1, pending: 0 })
      }))

    test("a job that a process cannot make goes back for one that can", (place) =>
      Effect.gen(function* () {
        const refused = yield* Deferred.make<void>()
        const restore = () =>
          Effect.andThen(
            Deferred.succeed(refused, undefined),
            Effect.fail(new JobKind.NotRestored({ message: "too new" }))
          )
        const [old, young] = [yield* queueAt(place, { kinds: [{ name: "greeting", restore }] }), yield* queueAt(place)]
        const outcome = yield* young.add(greet("Ada"))
        const agent = yield* Effect.forkChild(old.takeWith(done))
        yield* Deferred.await(refused)
        yield* Fiber.interrupt(agent)
        yield* young.takeWith(done)

        assert.strictEqual((yield* outcome).failure, undefined)
      }))

    test("what a closing gate gives back is no attempt", (place) =>
      Effect.gen(function* () {
        const drain = new Drain()
        const closing = yield* queueAt(place, { maxAttempts: 1 }).pipe(Effect.provideService(Draining, drain))
        const outcome = yield* closing.add(greet("Ada"))
        yield* drain.begin
        assert.strictEqual(yield* Effect.flip(closing.takeWith(() => Effect.fail("closing"))), "closing")

        const next = yield* queueAt(place, { maxAttempts: 1 })
        yield* next.takeWith(done)
        assert.strictEqual((yield* outcome).failure, undefined)
      }))

    test("processes that start at once make their tables together", (place) =>
      Effect.gen(function* () {
        const queues = yield* Effect.all(
          Array.from({ length: 4 }, () => queueAt(place)),
          { concurrency: "unbounded" }
        )
        yield* Effect.forEach(queues, (queue, index) => queue.add(greet(`agent ${index}`)))
        const outcomes = yield* Effect.forEach(queues, (queue) => queue.takeWith(done), { concurrency: "unbounded" })

        assert.strictEqual(new Set(tasksOf(outcomes)).size, 4)
      }))

    test("a job that is of no kind, or has no proper id, cannot be stored", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place)
        const bare = Job.make({ goal: "Greet.", task: "Greet Ada.", result: Schema.String })

        assert.match(String(yield* Effect.exit(queue.add(bare))), /Only a job of a kind can be stored/)
        const other = JobKind.make({ name: "other", data: Schema.String, make: () => bare })
        assert.match(String(yield* Effect.exit(queue.add(other.of("x")))), /kind other .* `kinds` of the queue/)
        for (const id of ["", "a\u0000b", "a\ud800", "x".repeat(256), 5]) {
          const added = yield* Effect.exit(queue.add(greet("Ada"), { id } as object))
          assert.match(String(added), /id=.*1 to 255 characters on one line/s)
        }
        assert.match(String(yield* Effect.exit(queue.add(greet("Ada"), { ident: "x" } as object))), /ident/)
        assert.match(
          String(yield* Effect.exit(queueAt(place, { kinds: undefined as never }))),
          /kinds is missing: a list of kinds/
        )
      }))

    // Its client reads rows up to a size; the others would only take long.
    if (name !== "PostgreSQL") return
    test("data that a store could not give back are refused, and such a result ends the job", (place) =>
      Effect.gen(function* () {
        const queue = yield* queueAt(place)
        const added = yield* Effect.exit(queue.add(greet("x".repeat(9_000_000)), { id: "long" }))
        assert.match(String(added), /have 90000\d\d bytes in JSON, and may have 8388608/)

        const text = JobKind.make({
          name: "text",
          data: Schema.String,
          make: (data) => Job.make({ goal: "Write.", task: `Write ${data.slice(0, 10)}.`, result: Schema.String })
        })
        const texts = yield* queueAt(place, { name: "texts", kinds: [text] })
        const ends = (result: string) => (job: Job.Job) =>
          Effect.map(done(job), (outcome): Outcome => ({ ...outcome, result }))
        const [first, next] = [yield* texts.add(text.of("x".repeat(8_000_000))), yield* texts.add(text.of("short"))]
        yield* texts.takeWith(ends("y".repeat(9_000_000)))
        yield* texts.takeWith(ends("y".repeat(8_000_000)))

        assert.match((yield* first).reason!, /cannot be stored: it has 90000\d\d bytes/)
        assert.strictEqual((yield* next).result, "y".repeat(8_000_000))
      }))
  })
}
