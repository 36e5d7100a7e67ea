import { randomUUID } from "node:crypto"
import { Cause, Deferred, Effect, Schedule, Schema, type Scope } from "effect"
import type { PersistedQueue } from "effect/persistence/PersistedQueue"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import { Draining } from "../../Drain.ts"
import type { Outcome } from "../Agent.ts"
import type { Job, JobData } from "../Job.ts"
import { type JobKind, NotRestored } from "../JobKind.ts"
import { JobStats } from "../JobStats.ts"
import { JobStore } from "../JobStore.ts"
import { Stats } from "../../Stats.ts"
import { Patience } from "./Patience.ts"
import type { Store } from "./Store.ts"
import * as StoredOutcome from "./StoredOutcome.ts"
import { counted } from "../../config/Plural.ts"

/** Ids that every store keeps as they are. */
const isId = (id: unknown): id is string => typeof id === "string" && /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u.test(id)

const areKinds = (kinds: unknown): kinds is ReadonlyArray<JobKind> =>
  Array.isArray(kinds) && kinds.every((kind) => typeof kind?.name === "string" && typeof kind.restore === "function")

const fields = {
  /** Queues of one name in one store share their jobs. 1 to 64 characters on one line. Default: `jobs`. */
  name: Field.label("name", { default: "jobs" }),
  /** How often a job is begun, also by processes that died over it, before it ends as failed. 1 to 1000. Default: 10. */
  maxAttempts: Field.integer(1, 1000, { default: 10 }),
  /** The kinds of the jobs that may be added and may come. */
  kinds: Field.required(Field.value(areKinds, "a list of kinds of jobs (JobKind.make)"))
}

const addFields = {
  /** The name of the job, 1 to 255 characters on one line. Default: one that no other job has. */
  id: Field.optional(Field.value(isId, "1 to 255 characters on one line"))
}

/** A wrong option is a defect, `InvalidOptions`. */
export interface Options extends OptionsOf<typeof fields> {}

/** A job that was added here and has not ended, as far as is known here. */
interface Entry {
  readonly job: Job
  readonly outcome: Deferred.Deferred<Outcome>
  isCounted: boolean
}

/** A job as the queue delivers it. */
interface Delivery {
  readonly element: JobData
  readonly id: string
  readonly attempts: number
}

// Whatever is stored must come back to be judged, and not be dropped by the queue.
const Element = Schema.Struct({ kind: Schema.String, data: Schema.Json })

// The queue would keep a job that failed too often for itself; it must end on record.
const neverDropped = 2 ** 31 - 1

/** How long a job waits that was not done, before it is begun again. */
const retries = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("15 seconds")])

/** Ids of which the store is asked at once. */
const mostAsked = 1000

const mistake = (message: string) => Effect.die(new TypeError(message))

const textOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Jobs that outlive the process, and are done by all processes with the same store and name. */
export class PersistedJobQueue {
  readonly #name: string
  readonly #store: Store
  readonly #queue: PersistedQueue<JobData>
  readonly #kinds: ReadonlyMap<string, JobKind>
  readonly #maxAttempts: number
  readonly #stats: JobStats
  readonly #isDraining: () => boolean
  readonly #patience = new Patience("their store")
  readonly #entries = new Map<string, Entry>()
  /** Ids of entries that are being done here. */
  readonly #inHand = new Set<string>()
  #empty = Deferred.makeUnsafe<void>()

  private constructor(
    options: Values<typeof fields>,
    store: Store,
    queue: PersistedQueue<JobData>,
    stats: JobStats,
    isDraining: () => boolean
  ) {
    this.#name = options.name
    this.#store = store
    this.#queue = queue
    this.#kinds = new Map(options.kinds.map((kind) => [kind.name, kind]))
    this.#maxAttempts = options.maxAttempts
    this.#stats = stats
    this.#isDraining = isDraining
  }

  static readonly make = Effect.fnUntraced(function* (
    given: Options
  ): Effect.fn.Return<PersistedJobQueue, never, JobStore | Scope.Scope> {
    const options = yield* Effect.orDie(decode(fields, given))
    const store = yield* JobStore
    const stored = yield* store.queues.make({
      name: options.name,
      schema: Element,
      maxAttempts: neverDropped,
      retrySchedule: retries
    })
    const stats = yield* Stats.section(JobStats.section)
    const draining = yield* Draining
    const queue = new PersistedJobQueue(options, store, stored, stats, () => draining.isDraining())
    yield* Effect.forkScoped(Effect.repeat(queue.#watch, Schedule.spaced(store.pollInterval)))
    return queue
  })

  /**
   * Adds a job, which must be of a kind; the effect that it returns waits for its outcome. A job of an id that was added
   * before, by whichever process, is the same job: it is not done again.
   */
  add<A>(job: Job<A>, options: OptionsOf<typeof addFields> = {}) {
    return Effect.gen({ self: this }, function* () {
      const { id = randomUUID() } = yield* Effect.orDie(decode(addFields, options))
      const stored = yield* this.#storable(job)
      const known = this.#entries.get(id)
      if (known !== undefined) return Deferred.await(known.outcome) as Effect.Effect<Outcome<A>>
      const ended = yield* this.#endOf(id)
      if (ended !== undefined) return StoredOutcome.toOutcome(job, ended)
      const entry = this.#enter(id, job)
      const offered = Effect.catchTag(this.#queue.offer(stored, { id }), "SchemaError", Effect.die)
      yield* this.#patience.untilDone(offered).pipe(
        Effect.orDie,
        Effect.onError(() => Effect.sync(() => this.#leave(id)))
      )
      this.#count(entry)
      return Deferred.await(entry.outcome) as Effect.Effect<Outcome<A>>
    })
  }

  /** What is stored of a job; a defect if it could not be made again, or not be kept by every store. */
  #storable({ stored }: Job): Effect.Effect<JobData> {
    if (stored === undefined) return mistake("Only a job of a kind can be stored: see JobKind")
    if (!this.#kinds.has(stored.kind)) {
      return mistake(`A job of the kind ${stored.kind} could not be made again: add the kind to \`kinds\` of the queue`)
    }
    const bytes = Buffer.byteLength(JSON.stringify(stored.data))
    if (bytes <= StoredOutcome.mostBytes) return Effect.succeed(stored)
    return mistake(
      `The data of a job have ${bytes} bytes in JSON, and may have ${StoredOutcome.mostBytes}: store them elsewhere, and where in the job`
    )
  }

  /** How jobs have ended, by their ids and in whichever process; one that has not is left out. */
  ended(ids: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, StoredOutcome.StoredOutcome>> {
    const parts = Array.from({ length: Math.ceil(ids.length / mostAsked) }, (_, i) =>
      this.#find(ids.slice(i * mostAsked, (i + 1) * mostAsked))
    )
    return Effect.map(Effect.all(parts), (found) => new Map(found.flatMap((ends) => [...ends])))
  }

  /** The jobs that were added here and wait for an agent. */
  get size(): number {
    return this.#entries.size - this.#inHand.size
  }

  /** Waits until no job that was added here waits or is in hand. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#entries.size === 0 ? Effect.void : Deferred.await(this.#empty)))
  }

  /**
   * Does the next job, whichever process added it, and records its end; one whose end is on record is done with.
   *
   * One that is interrupted goes back, and so does one that the work fails to do, a while later, until it has been begun too
   * often.
   */
  takeWith<E, R>(work: (job: Job) => Effect.Effect<Outcome, E, R>): Effect.Effect<Outcome, E, R> {
    const taken = this.#takeOnce(work)
    return Effect.gen(function* () {
      while (true) {
        const outcome = yield* taken
        if (outcome !== undefined) return outcome
      }
    })
  }

  #takeOnce<E, R>(work: (job: Job) => Effect.Effect<Outcome, E, R>): Effect.Effect<Outcome | undefined, E, R> {
    return Effect.suspend(() => {
      let end: { readonly outcome: Outcome | undefined } | undefined
      let failed: Cause.Cause<E> | undefined
      const noting = (job: Job) => Effect.tapCause(work(job), (cause) => Effect.sync(() => void (failed = cause)))
      const taken = this.#queue.take((element, { attempts, id }) =>
        this.#deliver({ element, id, attempts }, noting).pipe(
          Effect.tap((outcome) => Effect.sync(() => void (end = { outcome }))),
          // A gate that closes is no fault of the job: for an interruption the queue counts no attempt.
          Effect.catchCause((cause) => (this.#isDraining() ? Effect.interrupt : Effect.failCause(cause)))
        )
      )
      return Effect.catchCause(taken, (cause): Effect.Effect<Outcome | undefined, E> => {
        if (failed !== undefined && end === undefined) return Effect.failCause(failed)
        if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
        const message = end === undefined ? "A job was not done" : "A job that has ended will come once more"
        return Effect.as(Effect.logWarning(message, textOf(cause)), end?.outcome)
      })
    })
  }

  /** Does a job and records its end; `undefined` if there was nothing to do, or if it is given up. */
  #deliver<E, R>({ attempts, element, id }: Delivery, work: (job: Job) => Effect.Effect<Outcome, E, R>) {
    return Effect.gen({ self: this }, function* () {
      const known = yield* this.#endOf(id)
      if (known !== undefined) return void (yield* this.#settle(id, known, false))
      const entry = this.#entries.get(id)
      if (entry !== undefined) this.#inHand.add(id)
      if (attempts > this.#maxAttempts) return void (yield* this.#giveUp(id, attempts - 1, "its process ended"))
      const job = entry === undefined ? this.#restore(element) : Effect.succeed(entry.job)
      const outcome = yield* Effect.catchCause(Effect.flatMap(job, work), (cause) => {
        const goesBack = Cause.hasInterruptsOnly(cause) || this.#isDraining() || attempts < this.#maxAttempts
        return goesBack ? Effect.failCause(cause) : this.#giveUp(id, attempts, textOf(cause))
      })
      if (outcome !== undefined) yield* this.#end(id, yield* StoredOutcome.ofOutcome(outcome))
      return outcome
    }).pipe(Effect.ensuring(Effect.sync(() => void this.#inHand.delete(id))))
  }

  #restore({ data, kind }: JobData): Effect.Effect<Job, NotRestored> {
    const known = this.#kinds.get(kind)
    return (
      known?.restore(data) ?? Effect.fail(new NotRestored({ message: `No kind of jobs has the name ${kind} here` }))
    )
  }

  #giveUp(id: string, attempts: number, reason: string): Effect.Effect<undefined> {
    const ending = { failure: "defect", reason: `Given up after ${counted(attempts, "attempt")}: ${reason}` } as const
    return Effect.andThen(Effect.logError("A job is given up", { id, reason: ending.reason }), this.#end(id, ending))
  }

  /** Records the end of a job, unless another process has done so. */
  #end(id: string, given: StoredOutcome.StoredOutcome): Effect.Effect<undefined> {
    return Effect.gen({ self: this }, function* () {
      const { ending, text } = StoredOutcome.toRecord(given)
      const recorded = this.#store.record(this.#name, id, text)
      const isFirst = yield* Effect.orDie(this.#patience.untilDone(Effect.uninterruptible(recorded)))
      yield* this.#settle(id, isFirst ? ending : ((yield* this.#endOf(id)) ?? ending), isFirst)
      return undefined
    })
  }

  #endOf(id: string): Effect.Effect<StoredOutcome.StoredOutcome | undefined> {
    return Effect.map(this.#find([id]), (ends) => ends.get(id))
  }

  #find(ids: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, StoredOutcome.StoredOutcome>> {
    return this.#patience.untilDone(this.#store.find(this.#name, ids)).pipe(
      Effect.orDie,
      Effect.map((texts) => new Map(Array.from(texts, ([id, text]) => [id, StoredOutcome.decode(text)])))
    )
  }

  #enter(id: string, job: Job): Entry {
    const entry = { job, outcome: Deferred.makeUnsafe<Outcome>(), isCounted: false }
    if (this.#entries.size === 0) this.#empty = Deferred.makeUnsafe()
    this.#entries.set(id, entry)
    return entry
  }

  #leave(id: string): void {
    this.#entries.delete(id)
    this.#inHand.delete(id)
    if (this.#entries.size === 0) Deferred.doneUnsafe(this.#empty, Effect.void)
  }

  #count(entry: Entry): void {
    if (!entry.isCounted) this.#stats.onCreated()
    entry.isCounted = true
  }

  /** Counts the end of a job, and tells the waiting of it. */
  #settle(id: string, ending: StoredOutcome.StoredOutcome, isHere: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      const entry = this.#entries.get(id)
      if (entry === undefined && !isHere) return Effect.void
      if (entry === undefined) this.#stats.onCreated()
      else this.#count(entry)
      if (ending.failure === undefined) this.#stats.onCompleted(isHere)
      else this.#stats.onFailed(ending.failure === "defect" ? undefined : ending.failure)
      if (entry === undefined) return Effect.void
      this.#leave(id)
      return Effect.flatMap(StoredOutcome.toOutcome(entry.job, ending), (outcome) =>
        Deferred.succeed(entry.outcome, outcome)
      )
    })
  }

  /** Looks for jobs that have ended elsewhere. */
  get #watch(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const ids = Array.from(
        this.#entries
          .keys()
          .filter((id) => !this.#inHand.has(id))
          .take(mostAsked)
      )
      if (ids.length === 0) return
      const ends = yield* this.#find(ids)
      for (const [id, ending] of ends) if (!this.#inHand.has(id)) yield* this.#settle(id, ending, false)
      if (ids.length < mostAsked) return
      // The others have their turn next.
      for (const id of ids) {
        const entry = this.#entries.get(id)
        if (entry !== undefined && this.#entries.delete(id)) this.#entries.set(id, entry)
      }
    })
  }
}
