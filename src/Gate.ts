import { Context, Deferred, Effect, Fiber, Layer, Scheduler, Scope, Stream, Struct } from "effect"
import { type CallOptions, type Pass, type Policy, ResolvedOptions } from "./Call.ts"
import { EffectCall } from "./engine/EffectCall.ts"
import type { Chain } from "./engine/EngineCall.ts"
import { handoff, type HeldResponse, hold, type StreamedResponse } from "./engine/StreamHandoff.ts"
import { now } from "./engine/Time.ts"
import { type Limits, stricter } from "./Limits.ts"
import type { Rejection } from "./Rejection.ts"

const makeChain = (policies: ReadonlyArray<Policy>, floor: Pass | undefined): Effect.Effect<Chain> =>
  Effect.gen(function* () {
    const dispatcher = (yield* Scheduler.Scheduler).makeDispatcher()
    const chain = { policies, floor, now: yield* now, defer: (run: () => void) => dispatcher.scheduleTask(run, 0) }
    const call = new EffectCall(ResolvedOptions.of({}), chain, Effect.void, Context.empty() as Context.Context<unknown>)
    return {
      ...chain,
      specimens: [call, ...policies.filter(({ hasSpecimen }) => hasSpecimen).map((policy) => policy(call))]
    }
  })

/** Stands between a program and a model. A policy is a layer that needs a gate and provides a stricter one. */
export class Gate extends Context.Service<
  Gate,
  Limits & {
    readonly pass: Pass
    /** The policies that the engine runs; absent if the outermost policy is a wrapper. */
    readonly chain?: Chain
  }
>()("headgate/Gate") {
  /**
   * Lets every call through: the innermost gate of each stack.
   *
   * @example
   * await Effect.runPromise(Effect.provide(Gate.pass({}, askModel), Gate.layerNoop)) // => "an answer"
   */
  static readonly layerNoop: Layer.Layer<Gate> = Layer.effect(
    this,
    Effect.map(makeChain([], undefined), (chain) => ({ pass: (_options, call) => call, chain }))
  )

  /**
   * Makes a policy from a stage with hooks for each call, which the engine runs.
   *
   * `make` may return limits of the policy beside it, for the policies above, which see them and those beneath as one. It
   * may return `undefined` for a policy that has nothing to do.
   *
   * @example
   * let started = 0
   *
   * class Counted extends Stage {
   *   override start() {
   *     started++
   *   }
   * }
   *
   * const gate = Gate.policy(() => Effect.succeed(() => new Counted())).pipe(Layer.provide(Gate.layerNoop))
   *
   * await Effect.runPromise(Effect.provide(Gate.pass({}, askModel), gate)) // => "an answer"
   * started // => 1
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
        const { floor, policies } = beneath.chain ?? { floor: beneath.pass, policies: [] }
        const chain = yield* makeChain([policy, ...policies], floor)
        return { ...stricter(limits, beneath), chain, pass: (options, call) => EffectCall.run(options, chain, call) }
      })
    )
  }

  /**
   * Makes a policy from a function that wraps the gate beneath, with any operator of Effect.
   *
   * The function may act around the pass, and around the call itself by passing a wrapped one on. To change options,
   * pass a copy on (`{ ...options, priority: 0 }`), which keeps the call's deadline and retries.
   *
   * @example
   * const oneAtATime = Gate.wrap((pass) =>
   *   Effect.map(Semaphore.make(1), (semaphore) => (options, call) => semaphore.withPermit(pass(options, call)))
   * )
   * const gate = oneAtATime.pipe(Layer.provide(Gate.layerNoop))
   *
   * await Effect.runPromise(Effect.provide(Gate.pass({}, askModel), gate)) // => "an answer"
   */
  static wrap<E, R>(
    make: (pass: Pass, beneath: Gate["Service"]) => Effect.Effect<Pass | Gate["Service"], E, R>
  ): Layer.Layer<Gate, E, Gate | Exclude<R, Scope.Scope>> {
    return Layer.effect(
      this,
      Effect.gen(function* () {
        const beneath = yield* Gate
        const made = yield* make(beneath.pass, beneath)
        return typeof made === "function" ? { ...Struct.omit(beneath, ["chain"]), pass: made } : made
      })
    )
  }

  /**
   * Passes a call through the gate in the context.
   *
   * @example
   * const answer = Gate.pass({ caller: "ada", deadline: "20 seconds" }, askModel)
   *
   * await Effect.runPromise(Effect.provide(answer, Headgate.make())) // => "an answer"
   */
  static pass<A, E, R>(options: CallOptions, call: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R | Gate> {
    return Effect.flatMap(Gate, ({ pass }) => pass(options, call))
  }

  /**
   * Opens a streamed response inside the gate, and returns its head once its first chunk has come.
   *
   * The permit is held until the body has ended: with its last chunk, a failure, the reader's leaving, or the scope's
   * closing. A failure before the first chunk fails the effect and may be retried; a failure after it fails the body.
   * Each attempt has a scope of its own. The body can be read once, at its reader's pace.
   *
   * @example
   * const program = Effect.gen(function* () {
   *   const { body, head } = yield* Gate.open({ caller: "ada" }, Effect.succeed({ head: "200 OK", body: words }))
   *   return `${head}: ${yield* Stream.mkString(body)}`
   * })
   *
   * await Effect.runPromise(Effect.scoped(Effect.provide(program, Headgate.make()))) // => "200 OK: a streamed answer"
   */
  static open<H, A, E, R, E2 = never, R2 = never>(
    options: CallOptions,
    opening: Effect.Effect<StreamedResponse<H, A, E2, R2>, E, R>
  ): Effect.Effect<
    HeldResponse<H, A, E2 | Rejection>,
    E | E2 | Rejection,
    Exclude<R | R2, Scope.Scope> | Gate | Scope.Scope
  > {
    return Effect.flatMap(Gate, ({ pass }) => handoff(opening, (attempt) => pass(options, attempt)))
  }

  /**
   * Passes a stream through the gate in the context, chunk by chunk, at its reader's pace.
   *
   * The permit is held from the start to the last chunk, a failure, or the reader's leaving. Once a chunk has come the
   * call is not retried, its deadline is met, and only the silence between chunks is bounded.
   *
   * @example
   * const answer = Stream.mkString(Gate.stream({ caller: "ada" }, words))
   *
   * await Effect.runPromise(Effect.provide(answer, Headgate.make())) // => "a streamed answer"
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
   * The fiber returned fails if the gate cuts the call while the permit is held.
   *
   * @example
   * const program = Effect.gen(function* () {
   *   yield* Gate.acquire({ caller: "ada" })
   *   return yield* askModel
   * })
   *
   * await Effect.runPromise(Effect.scoped(Effect.provide(program, Headgate.make()))) // => "an answer"
   */
  static acquire(options: CallOptions): Effect.Effect<Fiber.Fiber<void, Rejection>, Rejection, Gate | Scope.Scope> {
    return Effect.uninterruptibleMask(
      Effect.fnUntraced(function* (restore) {
        const { pass } = yield* Gate
        const scope = yield* Effect.scope
        const started = yield* Deferred.make<void, Rejection>()
        const ended = yield* Deferred.make<void>()
        const work = Effect.andThen(Deferred.succeed(started, undefined), Deferred.await(ended))
        const held = yield* hold(restore, scope, started, pass(options, work))
        yield* Effect.addFinalizer(() => Effect.andThen(Deferred.succeed(ended, undefined), Fiber.await(held)))
        return held
      })
    )
  }
}
