import { Context, Deferred, Effect, Fiber, Layer, Scheduler, Scope, Stream } from "effect"
import { Ask } from "./domain/Ask.ts"
import type { Rejection } from "./domain/Rejection.ts"
import { type Held, type Opened, relay } from "./internal/Relay.ts"
import { now, type Now } from "./internal/Time.ts"
import type { Policy } from "./engine/Call.ts"
import { EffectCall } from "./engine/EffectCall.ts"

export type { Held, Opened } from "./internal/Relay.ts"

/** Lets a call through, now or later, or refuses it. */
export type Pass = <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Rejection, R>

/** Policies that one engine runs. */
export interface Chain {
  /** The outermost first. */
  readonly policies: ReadonlyArray<Policy>
  /** The gate of another kind beneath the last of them, if there is one. */
  readonly floor: Pass | undefined
  readonly now: Now
  /** Runs something in a moment, through the scheduler. */
  readonly later: (run: () => void) => void
  /**
   * One of each kind that lasts: where nothing is in flight as garbage is collected, the engine of JavaScript would forget
   * their shapes, and with them the code it made for them.
   */
  readonly specimens?: ReadonlyArray<object>
}

const makeChain = (policies: ReadonlyArray<Policy>, floor: Pass | undefined): Effect.Effect<Chain> =>
  Effect.gen(function* () {
    const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
    const chain = { policies, floor, now: yield* now, later: (run: () => void) => dispatcher.scheduleTask(run, 0) }
    const call = new EffectCall(Ask.make(), chain, Effect.void, Context.empty() as Context.Context<any>)
    return { ...chain, specimens: [call, ...policies.map((policy) => policy(call))] }
  })

/** Stands between a program and a model; every policy is a layer that needs one and provides a stricter one. */
export class Gate extends Context.Service<
  Gate,
  {
    readonly pass: Pass
    /**
     * The end of the last pause in which nothing starts, present or past, in milliseconds of the monotonic clock; `-Infinity`
     * before the first. A gate without it knows of none.
     */
    readonly pausedUntil?: () => number
    /** The policies that one engine runs, the outermost first, and what lies beneath them; a gate of another kind has none. */
    readonly chain?: Chain
  }
>()("headgate/Gate") {
  /** A gate that lets every call through: the innermost of each stack. */
  static readonly layerOpen: Layer.Layer<Gate> = Layer.effect(
    this,
    Effect.map(makeChain([], undefined), (chain) => ({ pass: (_ask, call) => call, chain }))
  )

  /**
   * Makes a policy from the stays of calls at it; policies in a row are run by one engine.
   *
   * `pausedUntil` tells of a pause of its own.
   */
  static stays<E, R>(
    make: (
      beneath: Gate["Service"]
    ) => Effect.Effect<Policy | { readonly policy: Policy; readonly pausedUntil: () => number } | undefined, E, R>
  ): Layer.Layer<Gate, E, Gate | Exclude<R, Scope.Scope>> {
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const beneath = yield* Gate
        const made = yield* make(beneath)
        if (made === undefined) return beneath
        const { pausedUntil, policy } = typeof made === "function" ? { policy: made, pausedUntil: beneath.pausedUntil } : made
        const under = beneath.chain
        const policies = [policy, ...(under?.policies ?? [])]
        const floor = under === undefined ? beneath.pass : under.floor
        const chain = yield* makeChain(policies, floor)
        const pass: Pass = (ask, call) => EffectCall.run(ask, chain, call)
        return { pass, chain, ...(pausedUntil !== undefined && { pausedUntil }) }
      })
    )
  }

  /**
   * Makes a policy from a function that wraps the gate beneath.
   *
   * It may act before it hands the call on, and around the call itself, by handing on a wrapped one. What the gate beneath
   * knows of a pause holds above it too, unless the function gives a gate of its own in place of a `Pass`.
   */
  static policy<E, R>(
    wrap: (inner: Pass, beneath: Gate["Service"]) => Effect.Effect<Pass | Gate["Service"], E, R>
  ): Layer.Layer<Gate, E, Gate | Exclude<R, Scope.Scope>> {
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const beneath = yield* Gate
        const made = yield* wrap(beneath.pass, beneath)
        if (typeof made !== "function") return made
        const { chain: _, ...rest } = beneath
        return { ...rest, pass: made }
      })
    )
  }

  /** Passes a call through the gate in the context. */
  static pass<A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R | Gate> {
    return Effect.flatMap(Gate, ({ pass }) => pass(ask, call))
  }

  /**
   * Opens something inside the gate, hands out its head once its first part has come, and keeps the place until its body
   * has ended: with the last part, a failure, the reader's leaving, or the scope's closing.
   *
   * What fails before the first part is the effect's failure, and may be tried again; what fails after it is the body's.
   * Each attempt has a scope of its own. The body can be read once, and its reader's pace is that of its source.
   */
  static open<H, A, E, R, E2 = never, R2 = never>(
    ask: Ask,
    opening: Effect.Effect<Opened<H, A, E2, R2>, E, R>
  ): Effect.Effect<Held<H, A, E2 | Rejection>, E | E2 | Rejection, Exclude<R | R2, Scope.Scope> | Gate | Scope.Scope> {
    return Effect.flatMap(
      Gate,
      ({ pass }) =>
        // An attempt whose body has begun has been opened already.
        relay(opening, (attempt) => pass(ask, attempt)) as Effect.Effect<
          Held<H, A, E2 | Rejection>,
          E | E2 | Rejection,
          Exclude<R | R2, Scope.Scope> | Scope.Scope
        >
    )
  }

  /**
   * Passes a stream through the gate in the context, part by part, at its reader's pace.
   *
   * The place is held from the start to the last part, the failure, or the reader's leaving. Once a part has come the call is
   * not made again, its deadline is met, and only the silence between parts is bounded.
   */
  static stream<A, E, R>(
    ask: Ask,
    stream: Stream.Stream<A, E, R>
  ): Stream.Stream<A, E | Rejection, Exclude<R, Scope.Scope> | Gate> {
    const opening = Effect.succeed({ head: undefined, body: stream })
    return Stream.unwrap(Effect.map(Gate.open(ask, opening), ({ body }) => body))
  }

  /**
   * Passes the gate and keeps the place until the scope closes, for work that outlives one effect.
   *
   * The fiber returned fails if the gate gives up on the call while the place is held.
   */
  static admit(ask: Ask): Effect.Effect<Fiber.Fiber<void, Rejection>, Rejection, Gate | Scope.Scope> {
    return Effect.uninterruptibleMask(
      Effect.fnUntraced(function* (restore) {
        const { pass } = yield* Gate
        const scope = yield* Effect.scope
        const started = yield* Deferred.make<void, Rejection>()
        const ended = yield* Deferred.make<void>()
        const place = Effect.andThen(Deferred.succeed(started, undefined), Deferred.await(ended))
        const held = yield* pass(ask, place).pipe(
          Effect.interruptible,
          Effect.forkIn(scope, { startImmediately: true })
        )
        // An observer hears even of a fiber that never began, because its scope had closed.
        held.addObserver((exit) => Deferred.doneUnsafe(started, exit))
        yield* Scope.addFinalizer(
          scope,
          Effect.flatMap(Deferred.isDone(started), (inside) =>
            inside ? Effect.andThen(Deferred.succeed(ended, undefined), Fiber.await(held)) : Fiber.interrupt(held)
          )
        )
        yield* Effect.onInterrupt(restore(Deferred.await(started)), () => Fiber.interrupt(held))
        return held
      })
    )
  }
}
