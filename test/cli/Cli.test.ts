import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { version } from "../../src/cli/Version.ts"
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
    [["simulate", "--per-second", "0"], /--per-second.*or unlimited/]
  ] as const)("wrong usage is told on standard error alone, with exit code 2: %s", ([args, reason]) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* run(args)

      assert.strictEqual(code, 2)
      assert.strictEqual(out, "")
      assert.match(err, reason)
      assert.match(err, /\nTry: headgate.* --help$/)
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
