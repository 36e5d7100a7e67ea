import { Config, Effect, Option, Result } from "effect"
import type { Problem } from "./InvalidOptions.ts"
import { printable } from "./Printable.ts"
import type { Variable } from "./Variable.ts"

/** Where a value in force came from. */
export type Source = "environment" | "preset" | "default"

/** A variable and its value in force, as it would be written; `undefined` for none, `<redacted>` for secrets. */
export interface InForce {
  readonly name: string
  readonly value: string | undefined
  readonly source: Source
}

/** Reads variables one by one, and remembers what is in force and every problem. */
export class Environment {
  readonly inForce: Array<InForce> = []
  readonly problems: Array<Problem> = []

  /** Reads a variable; one that is not set, is blank or has a problem takes the other value. */
  read<A, const B extends A | undefined>(
    variable: Variable<A>,
    otherwise: B,
    source: Source = "default"
  ): Effect.Effect<A | B, Config.ConfigError> {
    return Effect.map(Config.option(Config.String(variable.name)), (given) => {
      const text = Option.getOrElse(given, () => "").trim()
      const value: A | B = text === "" ? otherwise : this.#parse(variable, text, otherwise)
      this.inForce.push({
        name: variable.name,
        value: value === undefined ? undefined : printable(variable.show(value)),
        source: text === "" ? source : "environment"
      })
      return value
    })
  }

  #parse<A, B>(variable: Variable<A>, text: string, otherwise: B): A | B {
    return Result.getOrElse(variable.parse(text), (allowed) => {
      this.refuse(variable, text, allowed)
      return otherwise
    })
  }

  /** Notes that a variable's text is not allowed. */
  refuse<A>({ example, name, quote }: Variable<A>, text: string, allowed: string): void {
    this.problems.push({ name, value: printable(quote(text)), allowed, example })
  }

  /** Whether a variable that was read is set. */
  isGiven({ name }: { readonly name: string }): boolean {
    return this.inForce.some((value) => value.name === name && value.source === "environment")
  }

  /** Whether a variable that was read had a problem. */
  isRefused({ name }: { readonly name: string }): boolean {
    return this.problems.some((problem) => problem.name === name)
  }
}
