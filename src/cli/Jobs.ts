import { Effect, Layer, type Scope } from "effect"
import { JobQueue } from "../agents/JobQueue.ts"
import { JobStore } from "../agents/JobStore.ts"
import type { Settings } from "../config/Settings.ts"
import * as JobSource from "../demo/JobSource.ts"
import * as RootCause from "../RootCause.ts"
import * as Database from "../sql/Database.ts"
import { Failure } from "./Failure.ts"

/** Where jobs are kept: in the database of DATABASE_URL, else in the Redis of REDIS_URL, else in memory. */
export const isStored = ({ databaseUrl, redisUrl }: Settings): boolean =>
  databaseUrl !== undefined || redisUrl !== undefined

/** Opens the store of the settings until the scope closes; waits for a Redis that is not there yet. */
export const openStore = ({ databaseUrl, redisUrl, storeLease: lease }: Settings) => {
  const store =
    databaseUrl === undefined
      ? JobStore.layerRedis({ url: redisUrl!, lease })
      : Layer.provide(JobStore.layerSql({ lease }), Database.layer(databaseUrl))
  return Layer.build(store).pipe(
    // The settings have been checked: a value that is refused here is a defect.
    Effect.catchTag("InvalidOptions", Effect.die),
    Effect.mapError(({ message }) => new Failure({ message }))
  )
}

/** Fails if the store of the settings cannot be used now. */
export const probeStore = ({ databaseUrl, redisUrl }: Settings): Effect.Effect<void, Failure> =>
  databaseUrl === undefined
    ? Effect.promise(() => import("../agents/jobs/RedisJobStore.ts")).pipe(
        Effect.flatMap(({ probe }) => probe(redisUrl!)),
        Effect.mapError(({ cause }) => new Failure({ message: `Redis cannot be used: ${RootCause.messageOf(cause)}` }))
      )
    : // Its store fails when it is opened.
      Effect.void

/** Opens a queue of the demo's jobs, where the settings say. */
export const openQueue = (settings: Settings, name: string): Effect.Effect<JobQueue, Failure, Scope.Scope> =>
  isStored(settings)
    ? Effect.flatMap(openStore(settings), (store) => Effect.provideContext(storedQueue(name), store))
    : JobQueue.make

/** A queue of the demo's jobs in a store. */
export const storedQueue = (name: string) => JobQueue.makePersisted({ name, kinds: [JobSource.drawn] })
