import { Deferred, Effect, type Exit, type Scope } from "effect"
import { now, type Now } from "../../engine/Time.ts"
import { Gate } from "../../Gate.ts"
import * as Accepted from "../model/Accepted.ts"
import * as Engine from "../model/Engine.ts"
import type { Settings } from "../model/Options.ts"
import type { Arrival } from "./Arrivals.ts"
import { ObservedCall, type Tally } from "./Tally.ts"

/** Makes a call and returns how it ended. */
export type MakeCall = (arrival: Arrival) => Effect.Effect<Exit.Exit<unknown, unknown>>

/** One attempt at the model, as a caller of a whole reply sees it. */
const attempt = (accept: Accepted.Accept, call: ObservedCall, clock: Now) => {
  const { completionTokens: tokens, model = "", promptTokens: prompt } = call.arrival
  const answer = { usage: { prompt, completion: tokens } }
  const read = ({ generation: { produced, spent } }: Accepted.Accepted) =>
    Effect.flatMap(produced(1), () => {
      call.onFirstToken(clock())
      return Effect.as(produced(tokens), answer)
    }).pipe(Effect.ensuring(Effect.sync(() => call.onWork(spent()))))
  return Effect.suspend(() => {
    call.onStart(clock())
    return Effect.scoped(Effect.flatMap(accept({ model, prompt, tokens, width: 1, streamed: false }), read))
  })
}

/** Makes calls at the gate, whose work is done by a simulated model. */
export const maker = Effect.fnUntraced(function* (settings: Settings, tally: Tally) {
  const { pass } = yield* Gate
  const clock = yield* now
  const accept = yield* Accepted.make(settings, yield* Engine.make(settings))
  const make: MakeCall = (arrival) =>
    Effect.suspend(() => {
      const call = new ObservedCall(arrival, clock())
      const { caller, deadline, expectedTokens, model, promptTokens, purpose } = arrival
      const options = { caller, purpose, model, tokens: promptTokens + expectedTokens, deadline }
      return pass(options, attempt(accept, call, clock)).pipe(
        Effect.onExit((exit) => Effect.sync(() => tally.onEnd(call, exit))),
        Effect.exit
      )
    })
  return make
})

/** Runs effects in a scope, and tells when all of them have ended. */
export class Running {
  readonly #scope: Scope.Scope
  readonly #idle = Deferred.makeUnsafe<void>()
  #size = 0
  /** Whether nothing new may begin. */
  isClosed = false

  constructor(scope: Scope.Scope) {
    this.#scope = scope
  }

  fork(effect: Effect.Effect<unknown>): Effect.Effect<unknown> {
    return Effect.suspend(() => {
      this.#size++
      const ended = Effect.sync(() => {
        this.#size--
        this.#check()
      })
      return Effect.forkIn(Effect.ensuring(effect, ended), this.#scope, { startImmediately: true })
    })
  }

  /** Lets nothing new begin, and waits for the end of what runs. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.isClosed = true
    this.#check()
    return Deferred.await(this.#idle)
  })

  #check(): void {
    if (this.isClosed && this.#size === 0) Deferred.doneUnsafe(this.#idle, Effect.void)
  }
}
