import { Effect, type Layer } from "effect"
import type { Gate } from "../Gate.ts"
import { check, type Options as CheckOptions } from "./Check.ts"
import { all } from "./Law.ts"
import type { Law } from "./Trial.ts"

/** The two functions of a test runner (vitest, node:test, jest, mocha) that are needed here. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>, timeoutMillis?: number) => unknown
}

export interface Options extends CheckOptions {
  /** Where the tests go; the global `describe` and `it` if there are any. */
  readonly runner?: Runner | undefined
  /** The laws to test; all of them. */
  readonly laws?: ReadonlyArray<Law> | undefined
  /** How long one law may take, in milliseconds, for runners that take a third argument; 60000. */
  readonly timeout?: number | undefined
}

/** The runner's functions where nobody has to import them. */
const ambient = (): Runner => {
  const { describe, it } = globalThis as Partial<Runner>
  if (describe !== undefined && it !== undefined) return { describe, it }
  throw new TypeError(
    "There is no global describe and it: hand them in, for example laws(name, layer, { runner: { describe, it } })"
  )
}

/** Registers a test for each law on a stack; see `check`. */
export const laws = <E>(name: string, layer: Layer.Layer<Gate, E>, options: Options = {}): void => {
  const { laws = all, runner = ambient(), timeout = 60_000, ...rest } = options
  runner.describe(name, () => {
    for (const law of laws) {
      const test = () => Effect.runPromise(check(law, layer, rest))
      runner.it(`${law.name}: ${law.promise}`, test, timeout)
    }
  })
}
