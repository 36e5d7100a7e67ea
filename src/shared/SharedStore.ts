import { randomUUID } from "node:crypto"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import * as Field from "../config/Field.ts"
import { decode, type OptionsOf } from "../config/Options.ts"
import { Stats } from "../Stats.ts"
import { Link } from "./Link.ts"
import { now } from "../engine/Time.ts"
import { MemoryStore } from "./MemoryStore.ts"

const allowance = {
  /** Starts and permits that a replica may take in advance, so that most calls need not ask, 0 to 100000. Default: 0, exact. */
  allowance: Field.integer(0, 1e5, { default: 0 })
}

const redis = {
  /** Where the store is, `redis://` or `rediss://`, with user and password if it asks for them. */
  url: Field.required(
    Field.value((value): value is Redacted.Redacted => Redacted.isRedacted(value), "a Redacted redis URL")
  ),
  /** Begins the name of every key: gates with one prefix share their limits. Default: `headgate`. */
  prefix: Field.label("name", { default: "headgate" }),
  /** What to do while the store does not answer: go on with the replica's share, refuse calls, or let all pass. Default: `local`. */
  whenDown: Field.oneOf(["local", "refuse", "open"], { default: "local" }),
  /** How long the store may take to answer before it counts as down, 10 to 190 ms. Default: 150 ms. */
  timeout: Field.duration({ minimum: 10, maximum: 190, default: 150 }),
  /** Time after which what a dead replica held comes back, 500 ms to a day. Default: 10 s. */
  lease: Field.duration({ minimum: 500, default: 10_000 }),
  ...allowance
}

export interface MemoryOptions extends OptionsOf<typeof allowance> {}
export interface RedisOptions extends OptionsOf<typeof redis> {}

/** Replicas of one process end together. */
const immortal = { whenDown: "local", timeout: 150, lease: Infinity } as const

/** The store in which replicas keep the state of limits in common. */
export class SharedStore extends Context.Service<SharedStore, Link>()("headgate/SharedStore") {
  /**
   * Keeps the state in Redis, version 6 or later.
   *
   * Waits for no store: while Redis does not answer, from the start or later, `whenDown` holds.
   */
  static readonly layerRedis = (options: RedisOptions) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const { prefix, url, ...settings } = yield* decode(redis, options)
        const replica = randomUUID()
        const { connect } = yield* Effect.promise(() => import("./RedisStore.ts"))
        const link = yield* Link.make(
          replica,
          settings,
          (listener) => connect({ url, prefix, replica }, listener),
          yield* figures
        )
        yield* count(link)
        return link
      })
    )

  /** A store for gates of this process. */
  static readonly memory: Effect.Effect<MemoryStore> = Effect.map(now, (clock) => new MemoryStore(clock))

  /** Keeps the state in this process, in which several gates are replicas of each other. */
  static readonly layerMemory = (store: MemoryStore, options: MemoryOptions = {}) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const replica = randomUUID()
        const settings = { ...immortal, ...(yield* decode(allowance, options)) }
        const link = yield* Link.make(replica, settings, (listener) =>
          Effect.succeed({ port: store.connect(replica, listener), reconnect: Effect.void })
        )
        yield* count(link)
        return link
      })
    )
}

/** What a replica tells of itself: its stats, if it has any. */
const figures = Effect.map(
  Effect.serviceOption(Stats),
  Option.match({
    onNone: () => Effect.succeed(""),
    onSome: ({ snapshot }) => Effect.map(snapshot, (stats) => JSON.stringify(stats))
  })
)

/** Shows the store in the stats; while it is down, or replicas have different limits, the health is degraded. */
const count = (link: Link) =>
  Stats.section({
    name: "store",
    make: () => ({
      snapshot: () => link.view,
      metrics: {
        replicas: { type: "gauge", help: "Replicas that share the limits, as last seen." },
        downs: { type: "counter", help: "Times the shared store stopped answering." },
        requests: { type: "counter", help: "Requests to the shared store." },
        failures: { type: "counter", help: "Requests to the shared store that failed." }
      } as const,
      targets: () => {
        const different = link.view.differences.length
        return [
          { name: "store", aim: "the shared store answers", figure: link.isUp ? 1 : 0, met: link.isUp },
          { name: "store limits", aim: "all replicas have the same limits", figure: different, met: different === 0 }
        ]
      }
    })
  })
