import { createHash } from "node:crypto"
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
  type Census,
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

/** A script, and the name by which Redis knows it once it has run there. */
class Script<A> {
  readonly lua: string
  readonly hash: string
  /** Clients that have sent it to their server. */
  readonly sentBy = new WeakSet<Client>()
  declare readonly result: A

  constructor(lua: string) {
    this.lua = lua
    this.hash = createHash("sha1").update(lua).digest("hex")
  }
}

type Client = NodeRedis.NodeRedis["Service"]["client"]

const scripts = {
  reserve: new Script<ReadonlyArray<string>>(Rate.reserve),
  putBack: new Script<number>(Rate.putBack),
  coolDown: new Script<number>(Rate.coolDown),
  permits: new Script<readonly [granted: string, others: number, free: number, ...start: ReadonlyArray<string>]>(
    Permits.permits
  ),
  circuit: new Script<string>(Circuit.circuit),
  beat: new Script<ReadonlyArray<string>>(Replicas.beat),
  figures: new Script<ReadonlyArray<string>>(Replicas.figures),
  leave: new Script<number>(Replicas.leave)
}

/**
 * Runs a script in one round trip; in two if Redis knows it no more, such as after a restart. A client sends the text of
 * a script with its first request: a second one for the text would come after what was asked next.
 *
 * Effect's `Redis.eval` takes ten steps of a fiber for it, which cost a replica of few calls as much as the command.
 */
const run = <A, B>(
  redis: () => Client | StoreError,
  { hash, lua, sentBy }: Script<A>,
  keys: ReadonlyArray<string>,
  values: ReadonlyArray<string | number>,
  read: (reply: A) => B
): Effect.Effect<B, StoreError> =>
  Effect.callback((resume) => {
    const client = redis()
    if (client instanceof StoreError) return resume(Effect.fail(client))
    const isKnown = sentBy.has(client)
    if (!isKnown) sentBy.add(client)
    const args = isKnown ? ["EVALSHA", hash, String(keys.length)] : ["EVAL", lua, String(keys.length)]
    for (const key of keys) args.push(key)
    for (const value of values) args.push(String(value))
    // A reply that cannot be read fails its request; thrown here, it would end the process.
    const succeed = (reply: unknown) => resume(Effect.sync(() => read(reply as A)))
    const fail = (cause: unknown) => resume(Effect.fail(new StoreError({ cause })))
    client.sendCommand(args).then(succeed, (cause: unknown) => {
      if (!String(cause).includes("NOSCRIPT")) return fail(cause)
      client.sendCommand(["EVAL", lua, ...args.slice(2)]).then(succeed, fail)
    })
  })

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

/** Appends what the script is told of a reservation, after the values before it. */
const withReservation = (values: Array<string | number>, { buckets, maxWait, units }: Reservation) => {
  values.push(finite(maxWait))
  for (const [i, { burst, interval }] of buckets.entries()) values.push(interval, burst, units[i]!)
  return values
}

const slotOf = ([delay, slowest, ...receipts]: ReadonlyArray<string>): Slot => ({
  delay: Number(delay),
  slowest: Number(slowest),
  receipts
})

const same = <A>(value: A): A => value

/** The decisions as scripts, each one round trip. */
const portOf = (redis: () => Client | StoreError, { prefix, replica }: Options): Port => {
  // In a cluster all keys are in one slot.
  const known = new Map<string, string>()
  const key = (kind: string, name: string): string => {
    const short = `${kind}:${name}`
    const long = known.get(short) ?? `{${prefix}}:${short}`
    known.set(short, long)
    return long
  }
  const channel = key("replica", "")
  const replicas = [`{${prefix}}:replicas`, `{${prefix}}:figures`, `{${prefix}}:limits`]
  const withBuckets = (keys: Array<string>, { buckets, name }: Reservation) => {
    for (const bucket of buckets) keys.push(key("rate", bucket.name))
    keys.push(key("cooldown", name))
    return keys
  }
  return {
    reserve: (request) => run(redis, scripts.reserve, withBuckets([], request), withReservation([], request), slotOf),
    putBack: ({ buckets }, { receipts }) =>
      run(
        redis,
        scripts.putBack,
        buckets.map((bucket) => key("rate", bucket.name)),
        receipts,
        same
      ),
    coolDown: (name, millis) => {
      const message: Message = { _tag: "cooldown", name, millis }
      const keys = [key("cooldown", name), replicas[0]!]
      return run(redis, scripts.coolDown, keys, [Math.ceil(millis), channel, JSON.stringify(message)], same)
    },
    permits: ({ extra, granted, lease, limit, name, released, wants }, start) => {
      const keys = [key("permits", name)]
      const told = [replica, channel, JSON.stringify(name), limit, lease, granted, released, wants.join(), extra]
      if (start !== undefined) {
        withBuckets(keys, start)
        withReservation(told, start)
      }
      return run(redis, scripts.permits, keys, told, ([granted, others, free, ...start]) => ({
        granted: Number(granted),
        others,
        free,
        start: start.length === 0 ? undefined : slotOf(start)
      }))
    },
    circuit: (rules, event) =>
      run(
        redis,
        scripts.circuit,
        [key("circuit", rules.name), replicas[0]!],
        [
          channel,
          JSON.stringify(rules.name),
          event._tag,
          ...rulesOf(rules),
          ...verdictOf(event),
          event._tag === "renew" ? event.tickets.join() : ""
        ],
        (text): Admission => JSON.parse(text)
      ),
    beat: ({ figures, lease, limits }) =>
      run(redis, scripts.beat, replicas, [replica, lease, figures, limits], censusOf),
    figures: run(redis, scripts.figures, replicas, [], figuresOf),
    leave: run(redis, scripts.leave, replicas, [replica], () => undefined)
  }
}

const censusOf = ([replicas, ...rest]: ReadonlyArray<string>): Census => ({
  replicas: Number(replicas),
  different: rest.flatMap((id, i) => (i % 2 === 0 ? [[id, rest[i + 1]!] as const] : []))
})

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
  let connected: Client | undefined
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
    yield* Effect.addFinalizer(() => Effect.sync(() => void (connected = undefined)))
    connected = client
    yield* Deferred.succeed(tried, undefined)
    // Anyone may publish there: what is no message must not end the session.
    const listen = Effect.forever(
      Effect.flatMap(Queue.take(inbox), ({ message }) =>
        Effect.ignoreCause(Effect.sync(() => listener(JSON.parse(message))))
      )
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
  return {
    port: portOf(() => connected ?? new StoreError({ cause: missing }), options),
    reconnect: Effect.suspend(() => Deferred.succeed(stuck, undefined)).pipe(Effect.asVoid)
  }
})
