import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Context, Duration, Effect, Layer, Redacted, References, Schedule, type Scope } from "effect"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Redis from "effect/persistence/Redis"
import { daysKept, JobStoreFailed, type Store } from "./Store.ts"
import { Patience } from "./Patience.ts"

const failed = ({ cause }: Redis.RedisError) => new JobStoreFailed({ cause })

// Effect's queue gives up looking for the jobs of dead processes after one command that failed.
const patient = (redis: Redis.Redis["Service"], patience: Patience): Redis.Redis["Service"] => ({
  ...redis,
  eval: (script) => {
    const run = redis.eval(script)
    return (...params) => patience.untilDone(run(...params))
  },
  send: (command, ...args) => patience.untilDone(redis.send(command, ...args))
})

// What the driver says of each attempt is said once.
const open = (options: Parameters<typeof NodeRedis.layer>[0]) =>
  Effect.provideService(Layer.build(NodeRedis.layer(options)), References.MinimumLogLevel, "None")

/** Fails if there is no Redis that lets itself be used. */
export const probe = (url: Redacted.Redacted): Effect.Effect<void, JobStoreFailed> =>
  open({ url: Redacted.value(url), socket: { reconnectStrategy: (_, cause) => cause } }).pipe(
    Effect.scoped,
    Effect.mapBoth({ onFailure: failed, onSuccess: () => undefined })
  )

/** Connects, as soon as Redis is there. */
const connect = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const patience = new Patience("Redis")
  const opened = open({ url: Redacted.value(url) })
  yield* patience.untilDone(Effect.scoped(opened))
  return patient(Context.get(yield* patience.untilDone(opened), Redis.Redis), patience)
})

// An id must be free for the queue before its end is forgotten: a job that the queue would drop as a duplicate, and of
// which no end is on record, would never end.
const endKept = String(Duration.toMillis(Duration.days(daysKept + 1)))

/** Stores jobs in Redis. */
export const make = Effect.fnUntraced(function* ({
  lease,
  pollInterval,
  prefix,
  url
}: {
  readonly lease: number
  readonly pollInterval: number
  readonly prefix: string
  readonly url: Redacted.Redacted
}): Effect.fn.Return<Store, never, Scope.Scope> {
  const redis = yield* Effect.orDie(connect(url))
  // In a cluster all keys are in one slot.
  const start = `{${prefix}}:jobs:`
  const store = yield* Effect.provideService(
    PersistedQueue.makeStoreRedis({
      prefix: start,
      pollInterval,
      lockExpiration: lease,
      lockRefreshInterval: lease / 3
    }),
    Redis.Redis,
    redis
  )
  const kept = Duration.days(daysKept)
  yield* store
    .cleanup({ timeToLive: kept, failedTimeToLive: kept })
    .pipe(Effect.ignore({ log: "Warn" }), Effect.repeat(Schedule.spaced("1 hour")), Effect.forkScoped)
  const keyOf = (queue: string, id: string) => `{${prefix}}:job:${queue}:${id}`
  return {
    queues: yield* Effect.provideService(PersistedQueue.makeFactory, PersistedQueue.PersistedQueueStore, store),
    pollInterval,
    record: (queue, id, ending) =>
      redis
        .send<string | null>("SET", keyOf(queue, id), ending, "NX", "PX", endKept)
        .pipe(Effect.mapBoth({ onSuccess: (reply) => reply !== null, onFailure: failed })),
    find: (queue, ids) =>
      redis.send<ReadonlyArray<string | null>>("MGET", ...ids.map((id) => keyOf(queue, id))).pipe(
        Effect.mapBoth({
          onSuccess: (endings) =>
            new Map(ids.flatMap((id, i) => (endings[i] == null ? [] : [[id, endings[i]] as const]))),
          onFailure: failed
        })
      )
  }
})
