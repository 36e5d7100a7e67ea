import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "../support/cli.ts"
import { folder } from "../support/jobStores.ts"

describe("headgate run --cluster", () => {
  it.effect.each([
    [{}, ["--jobs", "5"], 1, /^Runners of a cluster meet in a database: set DATABASE_URL to a PostgreSQL/],
    [{ DATABASE_URL: "postgres://ada@127.0.0.1:1/none" }, [], 1, /^The database cannot be used: /],
    [{ POPULATION_SIZE: "0" }, ["--jobs", "5"], 1, /^POPULATION_SIZE is 0/],
    [{}, ["--compare"], 2, /--compare=true is not allowed: left out beside --cluster/],
    [{}, ["--style", "verbose"], 2, /--style=verbose is not allowed: lean beside --cluster/]
  ] as const)("with %j and %j it says what to do", ([env, args, code, message]) =>
    Effect.gen(function* () {
      const { code: ended, err, out } = yield* run(["run", "--cluster", ...args], { env })

      assert.deepStrictEqual([ended, out], [code, ""])
      assert.match(err, message)
    })
  )

  it.live("tells that the agents remember runs whose rules were others", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: `sqlite:${yield* folder}/cluster.db`, POPULATION_SIZE: "2" }
      const order = ["run", "--cluster", "--jobs", "2", "--json"]
      const [first, same, other] = yield* Effect.all([
        run(order, { env }),
        run(order, { env }),
        run([...order, "--seed", "2"], { env })
      ])

      assert.deepStrictEqual([first.code, same.code, other.code], [0, 0, 0])
      assert.notMatch(first.err + same.err, /seed/)
      assert.match(
        other.err,
        /^Agents remember the rules of jobs of seed 1 in this database, and those of seed 2 differ/m
      )
    }).pipe(Effect.scoped)
  )
})
