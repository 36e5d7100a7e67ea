import { Effect, Random } from "effect"
import { now } from "../engine/Time.ts"
import type { ActiveCalls } from "./ActiveCalls.ts"
import { FetchCall, type Parts } from "./fetch/FetchCall.ts"
import * as FetchRequest from "./fetch/FetchRequest.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
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

  private constructor(parts: Parts, options: Options) {
    this.#parts = parts
    this.#options = options
  }

  static readonly make = Effect.fnUntraced(function* (options: Options) {
    const upstream = yield* GuardedUpstream
    const random = yield* Random.Random
    const tokenizer = yield* Tokenizer.current
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const fork: Parts["fork"] = (effect, ended) => {
      const fiber = run(effect)
      fiber.addObserver(ended)
      return () => fiber.interruptUnsafe()
    }
    const parts = { ...options, upstream, tokenizer, clock: yield* now, random: () => random.nextDoubleUnsafe(), fork }
    return new FetchGate(parts, options)
  })

  readonly fetch = (input: FetchRequest.Input, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { method, said } = FetchRequest.headOf(input, init)
      if (method !== "POST") return resolve(this.#straight(input, init, said))
      const outgoing = FetchRequest.of(input, init)
      const { signal } = outgoing
      if (signal?.aborted === true) return reject(signal.reason)
      new FetchCall(this.#parts, outgoing, { resolve, reject }).run()
    })

  /** Only what may ask a model passes the gate. */
  #straight(input: FetchRequest.Input, init: RequestInit, said: Readonly<Record<string, string>>): Promise<Response> {
    const fetch = this.#options.fetch()
    return Object.keys(said).some(FetchRequest.isForGate)
      ? fetch(input, { ...init, headers: FetchRequest.forwarded(said) })
      : fetch(input, init)
  }
}
