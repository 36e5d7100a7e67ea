import { Effect, type Scope } from "effect"
import { type Call, passing, type Policy, type ResolvedOptions, type Stage, waitingFor } from "../Call.ts"
import * as Field from "../config/Field.ts"
import type { Values } from "../config/Options.ts"
import type { Limits } from "../Limits.ts"
import { now, type Now } from "./Time.ts"
import { Timer, TimerQueue } from "./TimerQueue.ts"

/** The options of a policy whose limits can be those of a key. */
export const fields = {
  /** The key of a call, each with a limit of its own; calls for which it is `undefined` are not limited. Default: one limit for all. */
  key: Field.func<((options: ResolvedOptions) => string | undefined) | undefined>({ default: undefined }),
  /** Keys that are remembered, 1 to 1000000, and those with calls or debts besides. Default: 10000. */
  maxKeys: Field.integer(1, 1_000_000, { default: 10_000 }),
  /** Time after which a key is forgotten that no call uses, 1 ms to a day. Default: 10 minutes. */
  keyIdleTime: Field.duration({ default: 600_000 })
}

/** What a policy keeps for a key, or for all calls. */
export interface State {
  /** Whether nothing would be lost if it were forgotten: no call runs or waits, nothing is owed. */
  isIdle(at: number): boolean
}

/** How the stage of a call that is limited is made. */
type StageOf<S> = (call: Call, state: S) => Stage

/** The states of a policy. */
export interface States<S> {
  readonly of: (key: string) => S
  readonly each: (act: (state: S) => void) => void
  /**
   * The policy that makes a stage for each call that is limited, and the limits of the gate: those of the state of all
   * calls. The limits of one key are not those of the gate.
   */
  readonly policy: (
    waitsFor: string,
    stage: StageOf<S>,
    limitsOf: (state: S) => Limits
  ) => Limits & { readonly policy: Policy }
}

/** One state for all calls. */
const single = <S>(state: S): States<S> => ({
  of: () => state,
  each: (act) => act(state),
  policy: (waitsFor, stage, limitsOf) => ({
    policy: waitingFor(waitsFor, (call) => stage(call, state)),
    ...limitsOf(state)
  })
})

/**
 * A state for each key, in two generations (as in `hashlru`): what is used is young. When the young ones are half of
 * the capacity, or half of the idle time has passed, the old ones are forgotten and the young ones grow old. States
 * that are not idle stay.
 */
class Generations<S extends State> implements States<S> {
  readonly #keyOf: (options: ResolvedOptions) => string | undefined
  readonly #make: (key: string) => S
  readonly #half: number
  readonly #period: number
  readonly #timers: TimerQueue
  readonly #timer = new Timer((at) => this.#turn(at))
  #young = new Map<string, S>()
  #old = new Map<string, S>()
  #isClosed = false

  constructor(
    keyOf: (options: ResolvedOptions) => string | undefined,
    { keyIdleTime, maxKeys }: Values<typeof fields>,
    make: (key: string) => S,
    timers: TimerQueue
  ) {
    this.#keyOf = keyOf
    this.#make = make
    this.#half = Math.ceil(maxKeys / 2)
    this.#period = keyIdleTime / 2
    this.#timers = timers
  }

  of(key: string): S {
    const found = this.#young.get(key)
    if (found !== undefined) return found
    const state = this.#old.get(key) ?? this.#make(key)
    this.#old.delete(key)
    if (this.#young.size >= this.#half) this.#turn(this.#timers.now())
    this.#young.set(key, state)
    if (this.#timer.lane === undefined) this.#turnLater(this.#timers.now())
    return state
  }

  each(act: (state: S) => void): void {
    this.#young.forEach(act)
    this.#old.forEach(act)
  }

  /** Forgets idle keys only when there are too many from now on: the timer would keep the process alive. */
  close(): void {
    this.#isClosed = true
    this.#timers.cancel(this.#timer)
  }

  policy(waitsFor: string, stage: StageOf<S>): { readonly policy: Policy } {
    const policy = (call: Call) => {
      const key = this.#keyOf(call.options)
      return key === undefined ? passing : stage(call, this.of(key))
    }
    // The key is the program's code, which must see real calls only.
    return { policy: waitingFor(waitsFor, Object.assign(policy, { hasSpecimen: false })) }
  }

  #turn(at: number): void {
    const old = this.#young
    // The old generation has the states that outlived one before.
    for (const [key, state] of this.#old) if (!state.isIdle(at)) old.set(key, state)
    this.#old = old
    this.#young = new Map()
    this.#timers.cancel(this.#timer)
    if (old.size > 0) this.#turnLater(at)
  }

  #turnLater(at: number): void {
    if (!this.#isClosed) this.#timers.set(this.#timer, at, this.#period)
  }
}

/** Makes the states of a policy: one for all calls, or one for each key. */
export const make = Effect.fnUntraced(function* <S extends State>(
  options: Values<typeof fields>,
  state: (key: string | undefined, now: Now) => S
): Effect.fn.Return<States<S>, never, Scope.Scope> {
  if (options.key === undefined) return single(state(undefined, yield* now))
  const timers = yield* TimerQueue.make
  const generations = new Generations(options.key, options, (key) => state(key, timers.now), timers)
  yield* Effect.addFinalizer(() => Effect.sync(() => generations.close()))
  return generations
})
