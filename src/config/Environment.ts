import { Config, Effect, Option, Result } from "effect"
import { factsOf, type Fields, type Text } from "./Field.ts"
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

type Row = Fields[string]

/** Reads rows of the table from the environment, and notes what is in force and every problem. */
export class Environment {
  readonly inForce: Array<InForce> = []
  readonly problems: Array<Problem> = []

  /** Reads rows one after the other; one that is not set, is blank or has a problem takes its default. */
  read<const F extends Fields>(
    rows: F,
    sourceOf: (variable: string) => Source = () => "default"
  ): Effect.Effect<Values<F>, Config.ConfigError> {
    const entries = Effect.forEach(Object.entries(rows), ([name, row]) => {
      const { fields, text } = factsOf(row)
      const value = fields === undefined ? this.#read(row, sourceOf(text!.variable)) : this.read(fields, sourceOf)
      return Effect.map(value, (value) => [name, value] as const)
    })
    return Effect.map(entries, (entries) => Object.fromEntries(entries) as Values<F>)
  }

  #read(row: Row, source: Source): Effect.Effect<unknown, Config.ConfigError> {
    const { default: otherwise, text } = factsOf(row) as { readonly default?: unknown; readonly text: Text }
    const names = text.alias === undefined ? [text.variable] : [text.alias, text.variable]
    const all = Effect.forEach(names, (name) => Config.option(Config.String(name)))
    return Effect.map(all, (found) => {
      const given = found.map((text) => Option.getOrElse(text, () => "").trim()).find((text) => text !== "") ?? ""
      const parsed = given === "" ? Result.succeed(otherwise) : text.parse(given)
      if (Result.isFailure(parsed)) this.refuse(row, given, parsed.failure)
      const value = Result.getOrElse(parsed, () => otherwise)
      const shown = value === undefined ? "" : printable(text.show(value))
      this.inForce.push({
        name: text.variable,
        value: shown === "" ? undefined : shown,
        source: given === "" ? source : "environment"
      })
      return value
    })
  }

  /** Notes that the text of a row is not allowed. */
  refuse(row: Row, given: string, allowed: string): void {
    const { example, quote, variable } = factsOf(row).text!
    this.problems.push({ name: variable, value: printable(quote(given)), allowed, example })
  }

  /** Whether a row that was read is set. */
  isGiven(row: Row): boolean {
    return this.inForce.some(({ name, source }) => name === factsOf(row).text!.variable && source === "environment")
  }

  /** Whether a row that was read had a problem. */
  isRefused(row: Row): boolean {
    return this.problems.some(({ name }) => name === factsOf(row).text!.variable)
  }
}
