import { type Context, Effect, Exit, type Fiber, Random } from "effect"
import type { Active } from "../engine/PromiseCall.ts"
import { now } from "../engine/Time.ts"
import type { ActiveCalls } from "./ActiveCalls.ts"
import { FetchCall, type Parts } from "./fetch/FetchCall.ts"
import * as Outgoing from "./fetch/Outgoing.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"

export interface Options extends Pick<Parts, "maxBodyBytes"> {
  /** What answers in the end. */
  readonly fetch: () => typeof globalThis.fetch
  readonly active: ActiveCalls
}

/** Passes the requests of `fetch` through the gate. */
export class FetchGate {
  readonly #parts: Parts
  readonly #options: Options
  readonly #context: Context.Context<never>

  private constructor(parts: Parts, options: Options, context: Context.Context<never>) {
    this.#parts = parts
    this.#options = options
    this.#context = context
  }

  static readonly make = Effect.fnUntraced(function* (options: Options) {
    const upstream = yield* GuardedUpstream
    const random = yield* Random.Random
    const parts = { ...options, upstream, clock: yield* now, random: () => random.nextDoubleUnsafe() }
    return new FetchGate(parts, options, yield* Effect.context<never>())
  })

  readonly fetch = (input: Outgoing.Input, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { method, said } = Outgoing.headOf(input, init)
      if (method !== "POST") return resolve(this.#straight(input, init, said))
      const outgoing = Outgoing.of(input, init)
      const { signal } = outgoing
      if (signal?.aborted === true) return reject(signal.reason)
      const call = new FetchCall(this.#parts, outgoing)
      const abandon = () => fiber.interruptUnsafe()
      const fiber = Effect.runForkWith(this.#context)(call.effect(resolve, { context: this.#context, leave: abandon }))
      this.#untilEnded({ abandon, previous: undefined, next: undefined }, fiber, signal, reject)
      fiber.addObserver((exit) => {
        if (Exit.isSuccess(exit)) return
        const end = call.endedBy(exit.cause)
        if (end instanceof Response) resolve(end)
        else reject(end.error)
      })
    })

  /** Counts a call as active until its fiber ends, or its caller's signal aborts. */
  #untilEnded(
    call: Active,
    fiber: Fiber.Fiber<void, unknown>,
    signal: AbortSignal | undefined,
    reject: (reason: unknown) => void
  ): void {
    const { active } = this.#options
    const onAbort = () => {
      reject(signal!.reason)
      call.abandon()
    }
    active.add(call)
    signal?.addEventListener("abort", onAbort, { once: true })
    fiber.addObserver(() => {
      active.delete(call)
      signal?.removeEventListener("abort", onAbort)
    })
    // The work itself may have aborted the signal as it began.
    if (signal?.aborted === true) onAbort()
  }

  /** Only what may ask a model passes the gate. */
  #straight(input: Outgoing.Input, init: RequestInit, said: Readonly<Record<string, string>>): Promise<Response> {
    const fetch = this.#options.fetch()
    return Object.keys(said).some(Outgoing.isForGate)
      ? fetch(input, { ...init, headers: Outgoing.forwarded(said) })
      : fetch(input, init)
  }
}
