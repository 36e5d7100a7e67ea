import { Context, Effect, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Field from "../config/Field.ts"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import { decode, type OptionsOf } from "../config/Options.ts"
import type { JobStoreFailed, Store } from "./jobs/Store.ts"

const fields = {
  /** Time after which the jobs of a process that died come back, 500 ms to a day; in SQL whole seconds. Default: 10 s. */
  lease: Field.duration({ minimum: 500, default: 10_000 }),
  /** How often an empty queue is looked at again, 10 ms to an hour. Default: 1 s. */
  pollInterval: Field.duration({ minimum: 10, maximum: 3_600_000, default: 1000 })
}

const redisFields = {
  ...fields,
  /** Where the store is, `redis://` or `rediss://`, with user and password if it asks for them. */
  url: Field.required(
    Field.value((value): value is Redacted.Redacted => Redacted.isRedacted(value), "a Redacted redis URL")
  ),
  /** Begins the name of every key: queues with one prefix and name share their jobs. Default: `headgate`. */
  prefix: Field.label("name", { default: "headgate" })
}

export interface Options extends OptionsOf<typeof fields> {}
export interface RedisOptions extends OptionsOf<typeof redisFields> {}

/** Where jobs and their ends are stored. */
export class JobStore extends Context.Service<JobStore, Store>()("headgate/JobStore") {
  /**
   * Stores jobs in a SQL database: PostgreSQL, or a file of SQLite. Tables are made at the start.
   *
   * @example
   * const store = JobStore.layerSql().pipe(Layer.provide(Database.layer(Redacted.make("sqlite::memory:"))))
   *
   * await Effect.runPromise(Effect.scoped(Effect.asVoid(Layer.build(store))))
   */
  static readonly layerSql = (
    options: Options = {}
  ): Layer.Layer<JobStore, InvalidOptions | JobStoreFailed, SqlClient> =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const decoded = yield* decode(fields, options)
        const { make } = yield* Effect.promise(() => import("./jobs/SqlJobStore.ts"))
        return yield* make(decoded)
      })
    )

  /** Stores jobs in Redis, version 6 or later; waits for it if it is not there yet. */
  static readonly layerRedis = (options: RedisOptions): Layer.Layer<JobStore, InvalidOptions> =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const decoded = yield* decode(redisFields, options)
        const { make } = yield* Effect.promise(() => import("./jobs/RedisJobStore.ts"))
        return yield* make(decoded)
      })
    )
}
