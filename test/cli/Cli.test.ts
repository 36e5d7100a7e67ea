import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../../src/cli/Commands.ts"
import { run } from "../support/cli.ts"

const commands = ["", "serve", "run", "simulate", "stats", "advise", "config"]

describe("headgate", () => {
  it.effect.each(commands)("shows help: %s", (command) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* run([...command.split(" ").filter(Boolean), "--help"])

      assert.strictEqual(code, 0)
      assert.strictEqual(err, "")
      assert.match(out, /USAGE\n {2}headgate/)
    })
  )

  it.effect.each([
    [["bogus"], /headgate: .*bogus/],
    [["serve", "--port", "99999"], /--port.*from 0 to 65535/],
    [["--host", "a b"], /--host.*without scheme/],
    [["stats", "--often"], /--often/],
    [["stats", "ftp://gate"], /such as http:\/\/127\.0\.0\.1:3000/],
    [["advise", "a", "b"], /b/],
    [["simulate", "--load", "many"], /--load.*10,30,90/],
    [["simulate", "--preset", "default,weak"], /--preset.*unstable/],
    [["simulate", "--error-rate", "2"], /--error-rate/],
    [["simulate", "--per-second", "0"], /--per-second.*or unlimited/],
    [["run", "--jobs", "-3"], /^headgate run: --jobs=-3 is not allowed: a whole number from 1 to 1000000$/m],
    [["run", "--jobs", "many"], /^headgate run: --jobs=many is not allowed: a whole number from 1 to 1000000$/m],
    [["run", "--jobs"], /^headgate run: --jobs needs a value/m],
    [["run", "--seed", "-1"], /^headgate run: --seed=-1 is not allowed: a whole number from 0 to/m],
    [["run", "--style", "fat"], /^headgate run: --style=fat is not allowed: one of lean, verbose$/m],
    [["run", "--compare=x"], /^headgate run: --compare=x is not allowed: one of true, yes/m],
    [["config", "--check"], /^headgate config: --check/m]
  ] as const)("wrong usage is told on standard error alone, with exit code 2: %s", ([args, reason]) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* run(args)

      assert.strictEqual(code, 2)
      assert.strictEqual(out, "")
      assert.match(err, reason)
      assert.match(err, /\nTry: headgate.* --help$/)
    })
  )

  it.effect("help calls numbers numbers and files files, and no value a string", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["simulate", "--help"])

      assert.notInclude(out, " string ")
      assert.match(out, /--seed integer /)
      assert.match(out, /--error-rate number /)
      assert.match(out, /--trace file /)
      assert.match((yield* run(["serve", "--help"])).out, /--port integer /)
    })
  )

  it.effect("tells its version, which is the package's", () =>
    Effect.gen(function* () {
      const { out } = yield* run(["--version"])
      const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8")

      assert.include(out, version)
      assert.strictEqual((JSON.parse(text) as { version: string }).version, version)
    })
  )
})
