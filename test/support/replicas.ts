import { Context, Effect, Fiber, Layer } from "effect"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { type RedisOptions, SharedStore } from "../../src/shared/SharedStore.ts"
import { Stats } from "../../src/Stats.ts"
import { fork, times } from "./gate.ts"
import type { Proxy } from "./proxy.ts"
import type { TestRedis } from "./redis.ts"

export const limits: Headgate.Options = {
  maxConcurrentRequests: 4,
  requestsPerSecond: 1000,
  burst: 100,
  maxQueueSize: 100
}

/** A gate that shares its limits, in a layer of its own. */
export const replica = (options: RedisOptions, stack = limits) =>
  Effect.map(Layer.build(Layer.fresh(Headgate.layerRedis({ lease: 3000, ...options }, stack))), (context) => ({
    pass: Context.get(context, Gate).pass,
    link: Context.get(context, SharedStore),
    stats: Context.get(context, Stats),
    /** Milliseconds until the circuit admits a probe. */
    openFor: () => Effect.runSync(Context.get(context, Stats).snapshot).circuitBreaker.retryAfterMs ?? undefined
  }))

export type Replica = Effect.Success<ReturnType<typeof replica>>

/** Waits for a condition that the store, whose time is not the test's, brings about. */
export const until = (what: string, holds: () => boolean, millis = 5000) =>
  Effect.suspend(() => (holds() ? Effect.succeed(true) : Effect.as(Effect.sleep("2 millis"), false))).pipe(
    Effect.repeat({ until: (held) => held }),
    Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.die(`not within ${millis} ms: ${what}`) })
  )

/** Waits until the store has heard all that a replica has sent: it reads what comes over a connection in order. */
export const heard = ({ link }: Replica) => link.others

/** The same for its next heartbeat: the permits, the circuit and the beat, after those that may be under way. */
export const heartbeat = (replica: Replica) => {
  const sent = () => replica.link.view.requests
  const before = sent()
  return Effect.andThen(
    until("a heartbeat", () => sent() >= before + 6),
    heard(replica)
  )
}

export const isUp =
  (up: boolean) =>
  ({ link }: Replica) =>
    until(up ? "the store is up" : "the store is down", () => link.isUp === up)

/** Fills a gate with calls that do not end; tells how many run. */
export const running = ({ pass }: Replica, calls: number) =>
  Effect.gen(function* () {
    let started = 0
    const work = Effect.andThen(
      Effect.sync(() => started++),
      Effect.never
    )
    const fibers = yield* Effect.forEach(times(calls), () => fork(pass({}, work)))
    return { count: () => started, stop: Fiber.interruptAll(fibers) }
  })

/**
 * A clock of the time in which the process ran, until the scope closes: a busy machine lets it stand still for long.
 */
export const ownTime = Effect.gen(function* () {
  let time = 0
  let last = performance.now()
  const tick = Effect.andThen(
    Effect.sleep(4),
    Effect.sync(() => {
      time += Math.min(performance.now() - last, 8)
      last = performance.now()
    })
  )
  yield* Effect.forkScoped(Effect.forever(tick))
  return () => time
})

type Fault = (
  store: TestRedis,
  way: Proxy
) => {
  readonly begin: Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

/** How a store fails, and how it comes back. */
export const faults: Readonly<Record<string, Fault>> = {
  "is killed and comes back empty": (store) => ({
    begin: Effect.promise(() => store.kill()),
    end: Effect.promise(() => store.start())
  }),
  "is killed and comes back with its data": (store) => ({
    begin: Effect.promise(() => store.kill()),
    end: Effect.promise(() => store.start(true))
  }),
  "answers nothing": (store) => ({ begin: Effect.sync(() => store.pause()), end: Effect.sync(() => store.resume()) }),
  "is cut off": (_store, way) => ({ begin: Effect.sync(() => way.cut()), end: Effect.sync(() => way.mend()) }),
  "takes 2 s": (_store, way) => ({
    begin: Effect.sync(() => way.slowDown(2000)),
    end: Effect.sync(() => way.mend())
  })
}
