import { Effect } from "effect"

/**
 * A model that answers by a script, one answer a call, in the order of the calls.
 *
 * An answer is an effect: `Effect.succeed`, `Effect.fail`, `Effect.die`, `Effect.never` for a model that hangs, or any of them
 * after a while with `Effect.delay`.
 */
export class ScriptedModel<A, E> {
  readonly #script: ReadonlyArray<Effect.Effect<A, E>>
  readonly #otherwise: Effect.Effect<A, E> | undefined
  #asked = 0

  private constructor(script: ReadonlyArray<Effect.Effect<A, E>>, otherwise: Effect.Effect<A, E> | undefined) {
    this.#script = script
    this.#otherwise = otherwise
  }

  /** Makes a model; once the script is over it answers `otherwise`, or dies with what is missing. */
  static make<A, E>(
    script: ReadonlyArray<Effect.Effect<A, E>>,
    otherwise?: Effect.Effect<A, E>
  ): Effect.Effect<ScriptedModel<A, E>> {
    return Effect.sync(() => new ScriptedModel(script, otherwise))
  }

  /** How often it has been asked. */
  get asked(): number {
    return this.#asked
  }

  /** Asks it. */
  readonly call: Effect.Effect<A, E> = Effect.suspend(() => {
    const answer = this.#script[this.#asked++] ?? this.#otherwise
    return answer ?? Effect.die(new RangeError(this.#missing))
  })

  get #missing(): string {
    return `The script has ${this.#script.length} answers, and the model was asked ${this.#asked} times. Add an answer, or one for all further calls as the second argument.`
  }
}
