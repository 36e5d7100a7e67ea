import { assert, describe, it } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem } from "effect"
import type { Figures } from "../../src/cli/simulate/Report.ts"
import { run } from "../support/cli.ts"

const traceFile = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const files = yield* FileSystem.FileSystem
  const path = `${yield* files.makeTempDirectoryScoped()}/calls.jsonl`
  yield* files.writeFileString(path, lines.join("\n"))
  return path
})

describe("headgate simulate", () => {
  it.effect("prints a table, what the gate advises, and the preset that suits with its figures", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["simulate", "--minutes", "2", "--load", "20"])

      assert.strictEqual(code, 0)
      assert.match(out, /^preset +load +calls .*verdict\ndefault +20\/min +\d+ .*healthy\nheavy /)
      assert.match(out, /^light at 20\/min: nothing to change\.$/m)
      assert.match(out, /^Recommended at 20\/min: LLM_PRESET=\w+, because it answers 100 % of the calls in time \(/m)
      assert.match(out, /^The table counts to its end each call.*\n.*own simulation: measure your own\.$/m)
    })
  )

  it.effect("plays jobs of agents, and recommends by the jobs", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run([
        "simulate",
        "--jobs-per-min",
        "20",
        "--population",
        "30",
        "--presets",
        "--minutes",
        "3"
      ])

      assert.strictEqual(code, 0)
      assert.match(out, /^preset +load .*jobs\/min +of jobs +job 95 % +verdict$/m)
      assert.match(out, /^Recommended at 20 jobs\/min: LLM_PRESET=adaptive, because it completes [\d.]+ jobs a minute/m)
    })
  )

  it.effect("plays a trace under incidents, and shows how the times of a single run are spread", () =>
    Effect.gen(function* () {
      const path = yield* traceFile(
        ...Array.from({ length: 60 }, (_, i) => JSON.stringify({ at: i * 1000, promptTokens: 9, completionTokens: 40 }))
      )
      const args = ["simulate", "--trace", path, "--preset", "light", "--retries", "0"]
      const { code, out } = yield* run([...args, "--incident", "slow:10s..20s:3", "--incident", "refuse:40s..45s"])

      assert.strictEqual(code, 0)
      assert.match(out, /^light +the trace +60 +91\.7 %/m)
      assert.match(out, /^ +50 % +90 % +95 % +99 % +longest +mean$/m)
      assert.match(out, /^first token +\d+ ms/m)
      assert.match(out, /^ {2}failed 5$/m)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("prints the same bytes of JSON for the same seed", () =>
    Effect.gen(function* () {
      const args = [
        "simulate",
        "--json",
        "--minutes",
        "1",
        "--load",
        "60",
        "--burst-load",
        "200",
        "--incident",
        "fail:..:0.2"
      ]
      const once = yield* run(args)

      assert.strictEqual((yield* run(args)).out, once.out)
      assert.notStrictEqual((yield* run([...args, "--seed", "2"])).out, once.out)
      const figures = JSON.parse(once.out) as ReadonlyArray<Figures>
      assert.deepStrictEqual(
        figures.map(({ preset }) => preset),
        ["default", "heavy", "light", "unstable", "adaptive"]
      )
      assert.lengthOf(
        figures.filter(({ recommended, reason }) => recommended && reason !== null),
        1
      )
    })
  )

  it.effect("shows its progress on a terminal, and nowhere else", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      const args = ["simulate", "--preset", "default", "--minutes", "2"]
      const { err } = yield* run(args, { stderr: (text) => shown.push(text) })

      assert.strictEqual(err, "")
      const clear = "\r\u001b[2K"
      assert.match(shown[0]!.slice(clear.length), /^[█░]{30} [\d.]+ %, default \(1 of 1\)$/)
      assert.isTrue(shown.every((text) => text.startsWith(clear)))
      assert.strictEqual(shown.at(-1), clear)
    })
  )

  it.effect("tells of every wrong flag at once, with what was given and what is allowed", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* run(
        "simulate --load 0 --preset defalt --minutes x --slots 0 --incident slo:1s..2s --incident slow:2s..1s --incident limit --population 3 --warm-up 90".split(
          " "
        )
      )

      assert.strictEqual(code, 2)
      assert.strictEqual(out, "")
      const lines = err.split("\n")
      assert.deepStrictEqual(
        lines.map((line) => /--[a-z-]+=[^ ]*/.exec(line)?.[0]),
        [
          "--load=0",
          "--minutes=x",
          "--preset=defalt",
          "--slots=0",
          "--incident=slo:1s..2s",
          "--incident=slow:2s..1s",
          "--incident=limit",
          "--load=0",
          "--warm-up=90",
          undefined
        ]
      )
      assert.match(lines[2]!, /did you mean default\?/)
      assert.match(lines[4]!, /did you mean slow\?/)
      assert.match(lines[7]!, /not beside --population/)
      assert.strictEqual(lines[9], "Try: headgate simulate --help")
    })
  )

  it.effect("names the lines of a trace that are wrong, and a file that is not there", () =>
    Effect.gen(function* () {
      const path = yield* traceFile('{"at":0,"promptTokens":1,"completionTokens":1}', '{"at":"now"}')
      const wrong = yield* run(["simulate", "--trace", path])
      const missing = yield* run(["simulate", "--trace", `${path}.gz`])
      const short = yield* traceFile('{"at":0,"promptTokens":1,"completionTokens":1}')
      const late = yield* run(["simulate", "--trace", short, "--warm-up", "5"])

      assert.strictEqual(wrong.code, 1)
      assert.include(wrong.err, `${path}:\nline 2: at="now" is not allowed: a number from 0`)
      assert.strictEqual(late.code, 2)
      assert.include(late.err, "headgate simulate: --warm-up=5 is not allowed: less than the minutes of the trace (0")
      assert.strictEqual(missing.code, 1)
      assert.match(missing.err, /^The trace .*calls\.jsonl\.gz cannot be read: there is no such file\.$/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
