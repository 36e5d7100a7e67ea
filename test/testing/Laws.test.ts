import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ConcurrencyLimit, Gate } from "../../src/index.ts"
import { Law, laws, LawBroken } from "../../src/testing.ts"

const root = join(import.meta.dirname, "../..")
const two = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))

/** A runner that keeps its tests for later. */
const runner = () => {
  const tests: Array<{
    readonly name: string
    readonly test: () => Promise<void>
    readonly timeout: number | undefined
  }> = []
  let suite = ""
  return {
    tests,
    describe: (name: string, body: () => void) => {
      suite = name
      body()
    },
    it: (name: string, test: () => Promise<void>, timeout?: number) =>
      void tests.push({ name: `${suite}: ${name}`, test, timeout })
  }
}

describe("laws", () => {
  it.effect("registers a test for each law, which passes where the stack keeps it", () =>
    Effect.gen(function* () {
      const { tests, ...run } = runner()
      laws("two permits", two, { permits: 2, runs: 1, stride: 50, runner: run })
      yield* Effect.forEach(tests, ({ test }) => Effect.promise(test))

      assert.deepStrictEqual(
        tests.map(({ name }) => name),
        Law.all.map(({ name, statement }) => `two permits: ${name}: ${statement}`)
      )
      assert.deepStrictEqual([...new Set(tests.map(({ timeout }) => timeout))], [600_000])
    })
  )

  it.effect("rejects with LawBroken where the stack breaks it", () =>
    Effect.gen(function* () {
      const { tests, ...run } = runner()
      laws("one permit", two, { permits: 1, laws: [Law.bounds], timeout: 5, runner: run })
      const error = yield* Effect.flip(Effect.tryPromise({ try: tests[0]!.test, catch: (error) => error }))

      assert.strictEqual(tests[0]!.timeout, 5)
      assert.instanceOf(error, LawBroken)
      assert.match(
        (error as LawBroken).message,
        /^The stack breaks the law "bounds": .*\n\n {2}2 permits were in use at once, allowed 1\n/
      )
    })
  )

  it("says what to pass where there is no global runner", () => {
    assert.throws(
      () => laws("two permits", two),
      /pass them, for example laws\(name, layer, \{ runner: \{ describe, it \} \}\)/
    )
  })

  it("needs no test library to load", () => {
    const folder = join(root, "src/testing")
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    const imports = files.flatMap((name) => [
      ...readFileSync(join(folder, name), "utf8").matchAll(/^(?:import|export|\}).* from "([^.][^"]*)"/gm)
    ])

    assert.deepStrictEqual([...new Set(imports.map(([, name]) => name))].sort(), ["effect", "effect/testing"])
  })

  it("serves node's own runner", async () => {
    const program = `
      import { describe, it } from "node:test"
      import { Layer } from "effect"
      import { ConcurrencyLimit, Gate } from "./src/index.ts"
      import { laws } from "./src/testing.ts"
      const two = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))
      laws("two permits", two, { permits: 2, runs: 1, stride: 200, runner: { describe, it } })
    `
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ["--test-reporter=tap", "--input-type=module-typescript", "--eval", program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env })

    assert.match(stdout, /# pass 6\n# fail 0/)
  })
})
