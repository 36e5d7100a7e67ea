import { Context, Effect, Layer } from "effect"
import { Tokenizer } from "../provider/Tokenizer.ts"
import type { Entry } from "./memory/Entry.ts"
import type { NotStored } from "./memory/NotStored.ts"
import { Recollection } from "./memory/Recollection.ts"

/** The memory of one agent: it keeps what comes and tells a plan the few statements it needs. */
export class Memory extends Context.Service<
  Memory,
  {
    /** Adds one entry. */
    readonly remember: (entry: Entry) => Effect.Effect<void, NotStored>
    /** The current statements that a situation asks for, a line each, in at most so many tokens. */
    readonly context: (situation: string, budgetTokens: number) => Effect.Effect<string>
  }
>()("headgate/Memory") {
  /** Makes a memory of its own, for programs with many agents. */
  static readonly make: Effect.Effect<Memory["Service"]> = Effect.gen(function* () {
    const { count } = yield* Tokenizer.current
    const recollection = new Recollection({ count })
    return Memory.of({
      remember: (entry) => Effect.sync(() => recollection.remember(entry)),
      context: (situation, budgetTokens) => Effect.sync(() => recollection.context(situation, budgetTokens))
    })
  })

  /** A memory that lives as long as its process. */
  static readonly layer: Layer.Layer<Memory> = Layer.effect(this, this.make)
}
