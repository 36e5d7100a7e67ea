import { Duration, Effect, Random, type Scope } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Draining } from "../Drain.ts"
import { Fifo } from "../engine/Fifo.ts"
import { TimerQueue } from "../engine/TimerQueue.ts"
import { now } from "../engine/Time.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import { countTokens } from "../upstream/Protocol.ts"
import type { GatewayError } from "./GatewayError.ts"
import { ModelCall, type Parts } from "./ModelCall.ts"
import { headOf, idsOf, pathOf } from "./RequestHead.ts"

export interface Options extends Pick<Parts, "access" | "refusalOf"> {
  /** The largest request body. Bytes. */
  readonly maxBytes: number
  /** Longest time for a request body to arrive. */
  readonly timeout: Duration.Input
  /** Longest time for a caller to read the rest of a stream that has ended. */
  readonly patience: Duration.Input
}

/** The paths that go through the gate, and the field that each needs in its body. */
const needs: ReadonlyMap<string, string | undefined> = new Map([
  ["/chat/completions", "messages"],
  ["/completions", "prompt"],
  ["/embeddings", "input"],
  ["/responses", undefined],
  ["/messages", "messages"],
  [countTokens, "messages"]
])

/** The path under `/v1` that a path of a caller means, if it is one that goes through the gate. */
const placeOf = (path: string): string | undefined => {
  const plain = (place: string) => (place.startsWith("/v1/") && needs.has(place.slice(3)) ? place.slice(3) : undefined)
  return plain(path) ?? plain(path.toLowerCase().replace(/\/+/g, "/").replace(/\/$/, ""))
}

/** Passes requests through the gate to the model, and its replies back, byte for byte, without a fiber each. */
export class ModelCalls {
  readonly #parts: Parts

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static readonly make = Effect.fnUntraced(function* ({
    access,
    maxBytes,
    patience,
    refusalOf,
    timeout
  }: Options): Effect.fn.Return<ModelCalls, never, GuardedUpstream | Scope.Scope> {
    const random = yield* Random.Random
    const run = Effect.runForkWith(yield* Effect.context<never>())
    return new ModelCalls({
      access,
      refusalOf,
      maxBytes,
      // A `Set` would replace its table again and again: the old ones keep dead calls alive until a major collection.
      active: new Fifo(),
      timeout: Duration.toMillis(Duration.fromInputUnsafe(timeout)),
      patience: Duration.toMillis(Duration.fromInputUnsafe(patience)),
      draining: yield* Draining,
      upstream: yield* GuardedUpstream,
      tokenizer: yield* Tokenizer.current,
      clock: yield* now,
      timers: yield* TimerQueue.make,
      random: () => random.nextDoubleUnsafe(),
      idOf: idsOf(random),
      log: (line) => void run(line)
    })
  })

  /** Ends the calls that have not ended. */
  cutShort(): void {
    for (const call of Array.from(this.#parts.active)) call.cutShort()
  }

  /**
   * Answers a request if it calls the model; returns whether it does.
   *
   * `refuse` answers with an error while the body has not been read to its end. `expects` tells that the caller waits for
   * `100 Continue`.
   */
  takes(
    request: IncomingMessage,
    response: ServerResponse,
    expects: boolean,
    refuse: (error: GatewayError, expects: boolean) => void
  ): boolean {
    if (request.method !== "POST") return false
    const head = headOf(request)
    const place = placeOf(pathOf(head))
    if (place === undefined) return false
    new ModelCall(this.#parts, { place, needed: needs.get(place), head, request, response, expects, refuse }).run()
    return true
  }
}
