import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Context, Deferred, Effect, Layer, Queue, References, Redacted, Schedule, type Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as Circuit from "./lua/circuit.ts"
import * as Permits from "./lua/permits.ts"
import * as Rate from "./lua/rate.ts"
import * as Replicas from "./lua/replicas.ts"
import { now } from "../engine/Time.ts"
import {
  type Admission,
  type CircuitEvent,
  type CircuitRules,
  type Message,
  type Port,
  type ReplicaFigures,
  type Reservation,
  type Slot,
  StoreError
} from "./Port.ts"
import { RequestTimeout } from "./RequestTimeout.ts"

export interface Options {
  readonly url: Redacted.Redacted
  /** Begins the name of every key. */
  readonly prefix: string
  readonly replica: string
}

/** The store of a replica, and what to do when it is stuck. */
export interface RedisStore {
  readonly port: Port
  /** Gives the connection up and makes another. */
  readonly reconnect: Effect.Effect<void>
}

const script = <A>(lua: string) =>
  Redis.script((keys: ReadonlyArray<string>, ...values: ReadonlyArray<string | number>) => [...keys, ...values], {
    numberOfKeys: (keys: ReadonlyArray<string>) => keys.length,
    lua
  }).withReturnType<A>()

const scripts = {
  reserve: script<ReadonlyArray<string>>(Rate.reserve),
  putBack: script<number>(Rate.putBack),
  coolDown: script<number>(Rate.coolDown),
  permits: script<readonly [granted: string, others: number, free: number, ...start: ReadonlyArray<string>]>(
    Permits.permits
  ),
  circuit: script<string>(Circuit.circuit),
  beat: script<number>(Replicas.beat),
  figures: script<ReadonlyArray<string>>(Replicas.figures),
  leave: script<number>(Replicas.leave)
}

// A number that no decision reaches; scripts know no infinity.
const finite = (number: number) => Math.min(number, 1e15)

const verdictOf = (event: CircuitEvent) =>
  event._tag === "end"
    ? ([event.ticket, event.verdict, event.retryAfter] as const)
    : (["ticket" in event ? event.ticket : 0, "", 0] as const)

const rulesOf = (rules: CircuitRules) => [
  finite(rules.maxFailures),
  rules.openDuration,
  rules.maxOpenDuration,
  rules.probes,
  rules.probeSuccesses,
  finite(rules.probeTimeout),
  rules.lease
]

const reservationOf = ({ buckets, maxWait, units }: Reservation) => [
  finite(maxWait),
  ...buckets.flatMap(({ burst, interval }, i) => [interval, burst, units[i]!])
]

const slotOf = ([delay, ...receipts]: ReadonlyArray<string>): Slot | undefined =>
  delay === undefined ? undefined : { delay: Number(delay), receipts }

/** The decisions as scripts, each one round trip. */
const portOf = (redis: () => Effect.Effect<Redis.Redis["Service"], StoreError>, { prefix, replica }: Options): Port => {
  // In a cluster all keys are in one slot.
  const key = (...parts: ReadonlyArray<string>) => [`{${prefix}}`, ...parts].join(":")
  const channel = key("replica", "")
  const replicas = [key("replicas"), key("figures")]
  const run = <A>(
    script: Redis.Script<{ params: [ReadonlyArray<string>, ...Array<string | number>]; result: A }>,
    keys: ReadonlyArray<string>,
    ...values: Array<string | number>
  ): Effect.Effect<A, StoreError> =>
    Effect.flatMap(redis(), (service) =>
      Effect.mapError(service.eval(script)(keys, ...values), ({ cause }) => new StoreError({ cause }))
    )
  const bucketKeys = ({ buckets, name }: Reservation) => [
    ...buckets.map((bucket) => key("rate", bucket.name)),
    key("cooldown", name)
  ]
  return {
    reserve: (request) =>
      Effect.map(run(scripts.reserve, bucketKeys(request), ...reservationOf(request)), (reply) => slotOf(reply)!),
    putBack: ({ buckets }, { receipts }) =>
      run(
        scripts.putBack,
        buckets.map((bucket) => key("rate", bucket.name)),
        ...receipts
      ),
    coolDown: (name, millis) => {
      const message: Message = { _tag: "cooldown", name, millis }
      const keys = [key("cooldown", name), replicas[0]!]
      return run(scripts.coolDown, keys, Math.ceil(millis), channel, JSON.stringify(message))
    },
    permits: ({ extra, granted, lease, limit, name, released, wants }, start) =>
      run(
        scripts.permits,
        [key("permits", name), ...(start === undefined ? [] : bucketKeys(start))],
        replica,
        channel,
        JSON.stringify(name),
        limit,
        lease,
        granted,
        released,
        wants.join(),
        extra,
        ...(start === undefined ? [] : reservationOf(start))
      ).pipe(
        Effect.map(([granted, others, free, ...start]) => ({
          granted: Number(granted),
          others,
          free,
          start: slotOf(start)
        }))
      ),
    circuit: (rules, event) =>
      run(
        scripts.circuit,
        [key("circuit", rules.name), replicas[0]!],
        channel,
        JSON.stringify(rules.name),
        event._tag,
        ...rulesOf(rules),
        ...verdictOf(event),
        event._tag === "renew" ? event.tickets.join() : ""
      ).pipe(Effect.map((text): Admission => JSON.parse(text))),
    beat: ({ figures, lease }) => run(scripts.beat, replicas, replica, lease, figures),
    figures: Effect.map(run(scripts.figures, replicas), figuresOf),
    leave: run(scripts.leave, replicas, replica)
  }
}

const figuresOf = (reply: ReadonlyArray<string>): ReadonlyArray<ReplicaFigures> =>
  reply.flatMap((replica, i) => (i % 3 === 0 ? [{ replica, age: Number(reply[i + 1]!), figures: reply[i + 2]! }] : []))

/** How long a connection may take, and how long an attempt waits after the one before. */
const connectTimeout = 3000
const retryEvery = 250
/** How long the first connection may take, while the process runs. */
const startTimeout = 3000
/** The longest pause between attempts to connect again. */
const longestPause = 1000

/** Why there is no connection, such as a refused login. */
const reasonOf = (error: unknown): string =>
  error instanceof Redis.RedisError && error.cause instanceof Error ? error.cause.message : "no connection"

/**
 * Connects to Redis, now or when it is there: until then every request fails at once, as it does while the connection
 * is lost.
 */
export const connect = Effect.fnUntraced(function* (
  options: Options,
  listener: (message: Message) => void
): Effect.fn.Return<RedisStore, never, Scope.Scope> {
  let service: Redis.Redis["Service"] | undefined
  let missing = "no connection"
  let stuck = yield* Deferred.make<void>()
  const tried = yield* Deferred.make<void>()
  const session = Effect.gen(function* () {
    let isConnected = false
    stuck = yield* Deferred.make<void>()
    const context = yield* Layer.build(
      NodeRedis.layer({
        url: Redacted.value(options.url),
        disableOfflineQueue: true,
        // The link bounds each request itself, without a timer for each.
        commandOptions: { timeout: 0 },
        socket: {
          connectTimeout,
          reconnectStrategy: (retries, cause) => (isConnected ? Math.min(50 * 2 ** retries, longestPause) : cause)
        }
      })
    )
    isConnected = true
    const { client } = Context.get(context, NodeRedis.NodeRedis)
    // `close` would wait for the answers of a store that is stuck.
    yield* Effect.addFinalizer(() => Effect.sync(() => client.isOpen && client.destroy()))
    const redis = Context.get(context, Redis.Redis)
    const inbox = yield* redis.subscribe(`{${options.prefix}}:replica:${options.replica}`)
    yield* Effect.addFinalizer(() => Effect.sync(() => void (service = undefined)))
    service = redis
    yield* Deferred.succeed(tried, undefined)
    const listen = Effect.forever(
      Effect.flatMap(Queue.take(inbox), ({ message }) => Effect.sync(() => listener(JSON.parse(message))))
    )
    yield* Effect.raceFirst(listen, Deferred.await(stuck))
    return yield* Effect.fail("stuck")
  }).pipe(
    Effect.scoped,
    Effect.tapError((error) => {
      missing = reasonOf(error)
      // A process that is busy with its start may see a timeout of a store that is there.
      return missing.includes("timeout") ? Effect.void : Deferred.succeed(tried, undefined)
    }),
    // What the driver says of each attempt, the link says once.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.retry(Schedule.spaced(retryEvery))
  )
  yield* Effect.forkScoped(session)
  // What begins with the first connection need not begin with a store that is down.
  const patience = new RequestTimeout(startTimeout, yield* now, Effect.runForkWith(yield* Effect.context<never>()))
  yield* Effect.raceFirst(Deferred.await(tried), patience.isOver)
  const redis = Effect.suspend(() =>
    service === undefined ? Effect.fail(new StoreError({ cause: missing })) : Effect.succeed(service)
  )
  return {
    port: portOf(() => redis, options),
    reconnect: Effect.suspend(() => Deferred.succeed(stuck, undefined)).pipe(Effect.asVoid)
  }
})
