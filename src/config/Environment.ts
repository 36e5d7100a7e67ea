import { Config, Effect, Option, Result } from "effect"
import { type Facts, factsOf, type Fields, type Text } from "./Field.ts"
import type { Problem } from "./InvalidOptions.ts"
import type { Values } from "./Options.ts"
import { printable } from "./Printable.ts"

/** Where a value in force came from. */
export type Source = "environment" | "preset" | "default"

/** A variable and its value in force, as it would be written; `undefined` for none, `<redacted>` for secrets. */
export interface InForce {
  readonly name: string
  readonly value: string | undefined
  readonly source: Source
}

/** Reads rows of the table from the environment, and notes what is in force and every problem. */
export class Environment {
  readonly inForce: Array<InForce> = []
  readonly problems: Array<Problem> = []

  /** Reads rows one after the other; one that is not set, is blank or has a problem takes its default. */
  read<const F extends Fields>(
    fields: F,
    sourceOf: (facts: Facts) => Source = () => "default"
  ): Effect.Effect<Values<F>, Config.ConfigError> {
    const entries = Effect.forEach(Object.entries(fields), ([name, field]) => {
      const facts = factsOf(field)
      const value = facts.fields === undefined ? this.#read(facts, sourceOf(facts)) : this.read(facts.fields, sourceOf)
      return Effect.map(value, (value) => [name, value] as const)
    })
    return Effect.map(entries, (entries) => Object.fromEntries(entries) as Values<F>)
  }

  #read({ default: otherwise, text, variable: name = "" }: Facts, source: Source) {
    return Effect.map(Config.option(Config.String(name)), (found) => {
      const given = Option.getOrElse(found, () => "").trim()
      const value = given === "" ? otherwise : this.#parse(text!, given, otherwise)
      const shown = value === undefined ? "" : printable(text!.show(value))
      this.inForce.push({
        name,
        value: shown === "" ? undefined : shown,
        source: given === "" ? source : "environment"
      })
      return value
    })
  }

  #parse(text: Text, given: string, otherwise: unknown): unknown {
    return Result.getOrElse(text.parse(given), (allowed) => {
      this.#refuse(text, given, allowed)
      return otherwise
    })
  }

  #refuse({ example, quote, variable }: Text, given: string, allowed: string): void {
    this.problems.push({ name: variable, value: printable(quote(given)), allowed, example })
  }

  /** Notes that a row's text is not allowed. */
  refuse(row: Fields[string], given: string, allowed: string): void {
    this.#refuse(factsOf(row).text!, given, allowed)
  }

  /** Whether a row that was read is set. */
  isGiven(row: Fields[string]): boolean {
    const { variable } = factsOf(row)
    return this.inForce.some(({ name, source }) => name === variable && source === "environment")
  }

  /** Whether a row that was read had a problem. */
  isRefused(row: Fields[string]): boolean {
    const { variable } = factsOf(row)
    return this.problems.some(({ name }) => name === variable)
  }
}
