import { Context, Effect, Fiber } from "effect"
import { type CallOptions, outer, type Pass, ResolvedOptions } from "../../Call.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import * as Field from "../../config/Field.ts"
import { Gate } from "../../Gate.ts"
import { StreamProgress } from "../../StreamProgress.ts"

const fields = {
  /** The key that a call shares with equal calls, given the key of `withKey`; calls for which it is `undefined` are not shared. Default: the key of `withKey`. */
  key: Field.func<(options: ResolvedOptions, key: string | undefined) => string | undefined>({
    default: (_options, key) => key
  })
}

export interface Options extends OptionsOf<typeof fields> {}

const Key = Context.Reference<string | undefined>("headgate/Coalesce/Key", { defaultValue: () => undefined })

/**
 * Sets the key of an effect's calls: of calls with equal keys that are in flight at once, only one is made.
 *
 * The key stands for all that the answer depends on, such as a hash of the model and the prompt. Calls that the work of
 * the call makes do not inherit it.
 *
 * @example
 * const call = Gate.pass({ caller: "ada" }, askModel).pipe(Coalesce.withKey("gpt-4o-mini: 2 + 2"))
 * const gate = Coalesce.layer().pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(call, gate)) // => "an answer"
 */
export const withKey =
  (key: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Key, key)

/**
 * Makes only one of equal calls that are in flight at once (`singleflight`), and gives its result to all their callers.
 *
 * Opt-in: only calls with a key (`withKey`) are shared. A caller that leaves does not end the call for the others; when
 * all have left it is interrupted. Failures are shared too, but neither they nor answers are kept: the next call is made
 * anew. The work runs in the context of the caller that came first. Streams are not shared, since each has one reader.
 *
 * @example
 * let asked = 0
 * const ask = Effect.andThen(Effect.sync(() => asked++), Effect.delay(askModel, "1 millis"))
 * const call = Gate.pass({}, ask).pipe(Coalesce.withKey("2 + 2"))
 * const gate = Coalesce.layer().pipe(Layer.provide(Gate.layerNoop))
 *
 * const three = Effect.all([call, call, call], { concurrency: "unbounded" })
 * await Effect.runPromise(Effect.provide(three, gate)) // => ["an answer", "an answer", "an answer"]
 * asked // => 1
 */
export const layer = (options: Options = {}) =>
  Gate.wrap((pass) =>
    Effect.map(decode(fields, options), ({ key: keyOf }): Pass => {
      const flights = new Flights()
      return (given, call) =>
        Effect.withFiber(({ context }) => {
          const options = ResolvedOptions.of(given)
          const key = keyOf(options, Context.get(context, Key))
          if (key === undefined || isStreamed(options, context)) return pass(options, call)
          const apart = pass(shared(options), Effect.provideService(call, Key, undefined))
          return flights.join(key, apart)
        })
    })
  )

const isStreamed = (options: ResolvedOptions, context: Context.Context<never>): boolean => {
  const parent = options[outer]
  if (parent !== undefined) return parent.progress !== undefined
  return Context.get(context, StreamProgress.current)?.claimed === false
}

/**
 * The options of the call that is made for several callers. It does not end with the caller that came first; its
 * deadline stays unless a policy further out keeps it for each caller.
 */
const shared = (options: ResolvedOptions): CallOptions => {
  const parent = options[outer]
  const deadline = parent !== undefined && parent.deadlineAt < Infinity ? undefined : options.deadline
  const copy = { ...options, deadline, [outer]: undefined }
  return copy
}

/** A call that several callers wait for. */
interface Flight {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  callers: number
}

/** The calls in flight, by their keys. */
class Flights {
  readonly #flights = new Map<string, Flight>()

  /** Waits for the call of this key, which is made if it is not in flight. */
  join<A, E, R>(key: string, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.contextWith((context: Context.Context<R>) => {
      let flight: Flight | undefined
      // Counted inside the effect whose interruption uncounts the caller, or a call could go on without callers.
      const joined = Effect.suspend(() => {
        flight = this.#flights.get(key) ?? this.#start(key, Effect.runForkWith(context)(call))
        flight.callers++
        // Equal keys stand for equal calls, with ends of one type.
        return Fiber.join(flight.fiber) as Effect.Effect<A, E>
      })
      return Effect.onInterrupt(joined, () => (flight === undefined ? Effect.void : this.#leave(key, flight)))
    })
  }

  #start(key: string, fiber: Fiber.Fiber<unknown, unknown>): Flight {
    const flight: Flight = { fiber, callers: 0 }
    this.#flights.set(key, flight)
    fiber.addObserver(() => this.#forget(key, flight))
    return flight
  }

  /** Removes a caller. The last one interrupts the call, which new callers must not join any more. */
  #leave(key: string, flight: Flight): Effect.Effect<void> {
    if (--flight.callers > 0) return Effect.void
    this.#forget(key, flight)
    return Fiber.interrupt(flight.fiber)
  }

  #forget(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
