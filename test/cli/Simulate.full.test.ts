import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { Figures } from "../../src/cli/simulate/Report.ts"
import { run } from "../support/cli.ts"

const simulate = (...args: ReadonlyArray<string>) =>
  Effect.map(run(["simulate", "--json", ...args]), ({ out }) => JSON.parse(out) as ReadonlyArray<Figures>)

describe("headgate simulate", () => {
  it.effect("plays each preset under each load, and the same seed gives the same figures", () =>
    Effect.gen(function* () {
      const args = ["--preset", "light,unstable", "--load", "5,40", "--minutes", "10"]
      const figures = yield* simulate(...args)

      assert.deepStrictEqual(
        figures.map(({ callsPerMinute, preset }) => [preset, callsPerMinute]),
        [
          ["light", 5],
          ["unstable", 5],
          ["light", 40],
          ["unstable", 40]
        ]
      )
      assert.deepStrictEqual(yield* simulate(...args), figures)
      assert.notDeepEqual(yield* simulate(...args, "--seed", "2"), figures)
    })
  )

  it.effect("every call is told of once: answered, failed, timed out or refused", () =>
    Effect.gen(function* () {
      const [figures] = yield* simulate(
        "--preset",
        "default",
        "--load",
        "300",
        "--minutes",
        "10",
        "--error-rate",
        "0.2"
      )
      const { calls, failed, refused, started, succeeded, timedOut } = figures!

      assert.strictEqual(started, succeeded + failed + timedOut)
      assert.strictEqual(calls, started + Object.values(refused).reduce((sum, count) => sum + count, 0))
      assert.isAbove(refused.QueueFull, 0)
    })
  )

  it.effect("a load far above the limits is refused, and the advice names the variable that helps", () =>
    Effect.gen(function* () {
      const [tight, wide] = [
        yield* simulate("--preset", "default", "--load", "240", "--minutes", "20"),
        yield* simulate(
          "--preset",
          "default",
          "--load",
          "240",
          "--minutes",
          "20",
          "--max-concurrent",
          "40",
          "--per-second",
          "10",
          "--slots",
          "40",
          "--tokens-per-second",
          "1000"
        )
      ]

      assert.strictEqual(tight[0]!.verdict, "degraded")
      assert.match(tight[0]!.advice!, /LLM_MAX_CONCURRENT_REQUESTS=/)
      assert.strictEqual(wide[0]!.verdict, "healthy")
      assert.strictEqual(wide[0]!.calls, wide[0]!.succeeded)
    })
  )

  it.live("stops when it is told to, with the exit code of Ctrl-C", () =>
    Effect.gen(function* () {
      const stopped = run(["simulate", "--minutes", "1440", "--load", "1000"], { stop: Effect.sleep("20 millis") })
      const { code, out } = yield* Fiber.join(yield* Effect.forkChild(stopped))

      assert.strictEqual(code, 130)
      assert.strictEqual(out, "")
    })
  )
})
