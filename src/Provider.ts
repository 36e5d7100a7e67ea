import { type Config, Context, type Duration, Effect, Exit, Layer, Scope, Struct } from "effect"
import { InvalidOptions, type Problem, settled } from "./config/InvalidOptions.ts"
import { decode, decoder, type Given } from "./config/Options.ts"
import { InvalidSettings } from "./config/Settings.ts"
import * as Table from "./config/Table.ts"
import type { Event } from "./stats/Event.ts"
import type { Snapshot } from "./stats/Snapshot.ts"
import { Drain, Draining } from "./Drain.ts"
import { Gate } from "./Gate.ts"
import * as Headgate from "./Headgate.ts"
import { TimerQueue } from "./engine/TimerQueue.ts"
import { ActiveCalls } from "./provider/ActiveCalls.ts"
import * as FetchUpstream from "./provider/fetch/FetchUpstream.ts"
import { FetchGate } from "./provider/FetchGate.ts"
import { GuardedUpstream } from "./upstream/GuardedUpstream.ts"
import { PromiseGate, type RunOptions } from "./provider/PromiseGate.ts"
import { Upstream } from "./upstream/Upstream.ts"
import { Stats } from "./Stats.ts"

export type { RunOptions } from "./provider/PromiseGate.ts"

/** The limits of the gate, as for `Headgate.make`. If none is given, the limits of the environment hold. */
export interface Options extends Headgate.Options, Given<typeof Table.provider> {}

type Work<A> = (signal: AbortSignal) => PromiseLike<A> | A

interface Parts {
  readonly active: ActiveCalls
  readonly drain: Drain
  readonly scope: Scope.Closeable
  readonly context: Context.Context<never>
  readonly fetchGate: FetchGate
  readonly gate: PromiseGate
  readonly stats: Stats["Service"]
  readonly closeWithin: number
}

/** A gate in front of a model, for programs without Effect; see `createProvider`. */
export class Provider {
  readonly #parts: Parts

  /** @internal */
  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Runs the work when the gate admits it, and repeats it after a failure that may pass.
   *
   * The work gets a signal that aborts when its call is cut: by the caller's signal, a deadline, a timeout, or `close`.
   * Rejects with the work's own failure, or with a `RejectionError` for a refusal. A caller that aborts is answered at
   * once, with the reason of its signal. The permit is held until the promise has settled, for at most the grace time
   * after the cut.
   *
   * @example
   * await using provider = await createProvider({ maxConcurrentRequests: 3 })
   *
   * await provider.run((signal) => fetchAnswer(signal), { caller: "ada", deadlineMs: 20_000 }) // => "an answer"
   */
  readonly run = <A>(work: Work<A>, options?: RunOptions): Promise<A> => this.#parts.gate.run(work, options)

  /**
   * Sends a request when the gate admits it, and repeats it after a failure that may pass: a `fetch` for any model
   * client.
   *
   * Only POST passes the gate. A refusal is a response, with its status, the error in JSON and the headers that tell a
   * client when to come back. 5xx, 408 and 429 are failures of the model; after the retries the last one is returned.
   * The permit is held until the last byte of the answer, its reader's leaving, or the longest silence. Headers set the
   * options of the call and are not forwarded: `x-headgate-caller`, `x-headgate-purpose`, `x-headgate-priority`
   * (`high`, `normal`, `low`) and `x-headgate-deadline-ms`.
   *
   * @example
   * await using provider = await createProvider({ fetch: async () => new Response("an answer") })
   *
   * const response = await provider.fetch("http://model.test/v1/completions", { method: "POST", body: "{}" })
   * await response.text() // => "an answer"
   */
  readonly fetch: typeof globalThis.fetch = (input, init) => this.#parts.fetchGate.fetch(input, init)

  /**
   * The statistics of this moment.
   *
   * @example
   * await using provider = await createProvider({ maxConcurrentRequests: 3 })
   *
   * provider.getStats().queue.maxConcurrent // => 3
   */
  readonly getStats = (): Snapshot => Effect.runSyncWith(this.#parts.context)(this.#parts.stats.snapshot)

  /**
   * Calls a listener after each event of the gate from now on; returns a function that removes it.
   *
   * Calls arrive, start, stop and end; attempts fail; queue and circuit change. A listener must be quick. One that
   * throws is logged. Throws `InvalidOptions` for a listener that is no function.
   *
   * @example
   * await using provider = await createProvider({ maxConcurrentRequests: 3 })
   * const seen = new Set<string>()
   * const unsubscribe = provider.onEvent((event) => seen.add(event._tag))
   *
   * await provider.run(fetchAnswer, { caller: "ada" })
   * unsubscribe()
   * seen.has("Started") // => true
   */
  readonly onEvent = (listener: (event: Event) => void): (() => void) => this.#parts.stats.onEvent(listener)

  /**
   * Refuses new calls, gives running ones time to end (default: `closeWithin`), and ends the rest.
   *
   * Nothing of the provider keeps the process alive after that. It may be closed again, with less time.
   *
   * @example
   * const provider = await createProvider({ maxConcurrentRequests: 3 })
   * await provider.close("5 seconds")
   *
   * await provider.run(fetchAnswer).catch(({ code }) => code) // => "shutting_down"
   */
  readonly close = async (within?: Duration.Input): Promise<void> => {
    const { active, closeWithin, context, drain, scope } = this.#parts
    const fields = { within: Table.provider.closeWithin }
    const given = within === undefined ? Effect.succeed({ within: closeWithin }) : decode(fields, { within })
    const shutdown = Effect.flatMap(given, ({ within }) => active.shutdown(drain, within))
    return Effect.runPromiseWith(context)(Effect.andThen(shutdown, Scope.close(scope, Exit.void)))
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const decodeOptions = decoder({ ...Table.stack, ...Table.provider })

/** The default stack with these limits, or with those of the environment if none is given. */
const stackOf = (
  limits: Headgate.Options,
  problems: ReadonlyArray<Problem>
): Layer.Layer<Gate | Stats, InvalidOptions | Config.ConfigError> =>
  Object.values(limits).some((value) => value !== undefined)
    ? Layer.unwrap(Effect.as(settled(problems), Headgate.make(limits)))
    : Headgate.layer

/** Makes a provider on the clock and the random generator in the context. */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const problems: Array<Problem> = []
  const { closeWithin, fetch: given, grace, maxBodyBytes } = decodeOptions(options, problems)
  const fetch = () => given ?? globalThis.fetch
  const limits = Struct.omit({ ...options }, Object.keys(Table.provider) as Array<keyof typeof Table.provider>)
  const drain = new Drain()
  const scope = yield* Scope.make()
  const built = yield* stackOf(limits, problems).pipe(
    Layer.provide(Layer.succeed(Draining, drain)),
    Layer.buildWithScope(scope),
    // Problems of the environment and of the options are reported together, as one kind of error.
    Effect.mapError((error) =>
      error instanceof InvalidSettings ? new InvalidOptions({ problems: [...error.problems, ...problems] }) : error
    ),
    Effect.tap(settled(problems)),
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  const { chain } = Context.get(built, Gate)
  const stats = Context.get(built, Stats)
  const context = yield* Effect.context<never>()
  const active = new ActiveCalls(grace, yield* Scope.provide(TimerQueue.make, scope), stats.record)
  const upstream = GuardedUpstream.layer.pipe(Layer.provide(Layer.succeed(Upstream, FetchUpstream.make(fetch, active))))
  const fetchGate = yield* FetchGate.make({ active, fetch, maxBodyBytes }).pipe(
    Effect.provide(Layer.provide(upstream, Layer.succeedContext(built)))
  )
  const gate = new PromiseGate({ chain: chain!, active })
  return new Provider({ active, closeWithin, context, drain, fetchGate, gate, scope, stats })
})

/**
 * Makes a gate for programs without Effect. If no limit is given, the limits of the environment hold.
 *
 * Rejects with `InvalidOptions`, which names every option or variable of the environment whose value is not allowed.
 *
 * @example
 * const provider = await createProvider({ maxConcurrentRequests: 3, requestsPerSecond: 2 })
 *
 * await provider.run((signal) => fetchAnswer(signal), { caller: "ada" }) // => "an answer"
 * await provider.close()
 */
export const createProvider = (options?: Options): Promise<Provider> => Effect.runPromise(make(options))
