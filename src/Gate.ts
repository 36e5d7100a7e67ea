import { Context, Deferred, Effect, Fiber, Layer, Scheduler, Scope, Stream } from "effect"
import { type CallOptions, type Pass, type Policy, ResolvedOptions } from "./Call.ts"
import { EffectCall } from "./engine/EffectCall.ts"
import type { Chain } from "./engine/EngineCall.ts"
import { handoff, type HeldResponse, type StreamedResponse } from "./engine/StreamHandoff.ts"
import { now } from "./engine/Time.ts"
import type { Rejection } from "./Rejection.ts"

export type { Pass } from "./Call.ts"
export type { HeldResponse, StreamedResponse } from "./engine/StreamHandoff.ts"

/** What a gate knows of its limits; each is absent where it knows of none. */
export interface Limits {
  /** The end of the last cooldown, in which nothing starts: milliseconds of the gate's clock, `-Infinity` before the first. */
  readonly cooldownUntil?: () => number
  /** How many permits there are for calls that run at once. */
  readonly permits?: () => number
}

const makeChain = (policies: ReadonlyArray<Policy>, floor: Pass | undefined): Effect.Effect<Chain> =>
  Effect.gen(function* () {
    const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
    const chain = { policies, floor, now: yield* now, defer: (run: () => void) => dispatcher.scheduleTask(run, 0) }
    const call = new EffectCall(ResolvedOptions.of({}), chain, Effect.void, Context.empty() as Context.Context<unknown>)
    return { ...chain, specimens: [call, ...policies.map((policy) => policy(call))] }
  })

/** Stands between a program and a model; a policy is a layer that needs a gate and provides a stricter one. */
export class Gate extends Context.Service<
  Gate,
  Limits & {
    readonly pass: Pass
    /** The policies that the engine runs; absent where the outermost one is a wrapper. */
    readonly chain?: Chain
  }
>()("headgate/Gate") {
  /** Lets every call through: the innermost gate of each stack. */
  static readonly layerNoop: Layer.Layer<Gate> = Layer.effect(
    this,
    Effect.map(makeChain([], undefined), (chain) => ({ pass: (_options, call) => call, chain }))
  )

  /**
   * Makes a policy from the stages of its calls, which the engine runs.
   *
   * What `make` returns beside the policy is told to the gates above. `undefined` is a policy that has nothing to do.
   *
   * @example
   * const closedAtNight = Gate.policy(() => Effect.succeed((call: Call) => new Visit(call)))
   */
  static policy<E, R>(
    make: (beneath: Gate["Service"]) => Effect.Effect<Policy | (Limits & { readonly policy: Policy }) | undefined, E, R>
  ): Layer.Layer<Gate, E, Gate | Exclude<R, Scope.Scope>> {
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const beneath = yield* Gate
        const made = yield* make(beneath)
        if (made === undefined) return beneath
        const { policy, ...limits } = typeof made === "function" ? { policy: made } : made
        const under = beneath.chain
        const policies = [policy, ...(under?.policies ?? [])]
        const chain = yield* makeChain(policies, under === undefined ? beneath.pass : under.floor)
        const pass: Pass = (options, call) => EffectCall.run(options, chain, call)
        return { ...beneath, ...limits, pass, chain }
      })
    )
  }

  /**
   * Makes a policy from a function that wraps the gate beneath, with any operator of Effect.
   *
   * It may act before it hands the call on, and around the call itself, by handing on a wrapped one. Options that it hands on
   * changed should be a copy (`{ ...options, priority: 0 }`), so that the call keeps its deadline.
   *
   * @example
   * const one = Gate.wrap((pass) =>
   *   Effect.map(Semaphore.make(1), (semaphore) => (options, call) => pass(options, semaphore.withPermits(1)(call)))
   * )
   */
  static wrap<E, R>(
    make: (pass: Pass, beneath: Gate["Service"]) => Effect.Effect<Pass | Gate["Service"], E, R>
  ): Layer.Layer<Gate, E, Gate | Exclude<R, Scope.Scope>> {
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const beneath = yield* Gate
        const made = yield* make(beneath.pass, beneath)
        if (typeof made !== "function") return made
        const { chain: _, ...limits } = beneath
        return { ...limits, pass: made }
      })
    )
  }

  /**
   * Passes a call through the gate in the context.
   *
   * @example
   * const answer = Gate.pass({ caller: "ada", deadline: "20 seconds" }, askModel)
   */
  static pass<A, E, R>(options: CallOptions, call: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R | Gate> {
    return Effect.flatMap(Gate, ({ pass }) => pass(options, call))
  }

  /**
   * Opens a streamed response inside the gate, and hands out its head once its first chunk has come.
   *
   * The permit is held until the body has ended: with its last chunk, a failure, the reader's leaving, or the scope's closing.
   * What fails before the first chunk is the effect's failure, and may be retried; what fails after it is the body's. Each
   * attempt has a scope of its own. The body can be read once, at its reader's pace.
   */
  static open<H, A, E, R, E2 = never, R2 = never>(
    options: CallOptions,
    opening: Effect.Effect<StreamedResponse<H, A, E2, R2>, E, R>
  ): Effect.Effect<
    HeldResponse<H, A, E2 | Rejection>,
    E | E2 | Rejection,
    Exclude<R | R2, Scope.Scope> | Gate | Scope.Scope
  > {
    return Effect.flatMap(
      Gate,
      ({ pass }) =>
        // An attempt whose body has begun has been opened already.
        handoff(opening, (attempt) => pass(options, attempt)) as Effect.Effect<
          HeldResponse<H, A, E2 | Rejection>,
          E | E2 | Rejection,
          Exclude<R | R2, Scope.Scope> | Scope.Scope
        >
    )
  }

  /**
   * Passes a stream through the gate in the context, chunk by chunk, at its reader's pace.
   *
   * The permit is held from the start to the last chunk, a failure, or the reader's leaving. Once a chunk has come the call
   * is not retried, its deadline is met, and only the silence between chunks is bounded.
   *
   * @example
   * const answer = Stream.mkString(Gate.stream({ caller: "ada" }, words))
   */
  static stream<A, E, R>(
    options: CallOptions,
    stream: Stream.Stream<A, E, R>
  ): Stream.Stream<A, E | Rejection, Exclude<R, Scope.Scope> | Gate> {
    const opening = Effect.succeed({ head: undefined, body: stream })
    return Stream.unwrap(Effect.map(Gate.open(options, opening), ({ body }) => body))
  }

  /**
   * Passes the gate and holds the permit until the scope closes, for work that outlives one effect.
   *
   * The fiber returned fails if the gate gives up on the call while the permit is held.
   */
  static acquire(options: CallOptions): Effect.Effect<Fiber.Fiber<void, Rejection>, Rejection, Gate | Scope.Scope> {
    return Effect.uninterruptibleMask(
      Effect.fnUntraced(function* (restore) {
        const { pass } = yield* Gate
        const scope = yield* Effect.scope
        const started = yield* Deferred.make<void, Rejection>()
        const ended = yield* Deferred.make<void>()
        const hold = Effect.andThen(Deferred.succeed(started, undefined), Deferred.await(ended))
        const held = yield* pass(options, hold).pipe(
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
