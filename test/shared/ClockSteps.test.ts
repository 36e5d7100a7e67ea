import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createClient } from "redis"
import { circuit } from "../../src/shared/lua/circuit.ts"
import { permits } from "../../src/shared/lua/permits.ts"
import { reserve } from "../../src/shared/lua/rate.ts"
import { hasRedis, redis } from "../support/redis.ts"

/**
 * Runs scripts as if the store's clock stood at a moment, in milliseconds.
 *
 * Redis's own clock cannot be set here, so the scripts read another one; keys still expire by the real one.
 */
const scripts = Effect.gen(function* () {
  const { port } = yield* redis
  const client = yield* Effect.acquireRelease(
    Effect.promise(() => createClient({ url: `redis://127.0.0.1:${port}` }).connect()),
    (client) => Effect.sync(() => client.destroy())
  )
  const runAt = (moment: number, script: string, keys: ReadonlyArray<string>, ...values: Array<string | number>) => {
    const time = `{ '${Math.floor(moment / 1000)}', '${Math.round((moment % 1000) * 1000)}' }`
    assert.include(script, "redis.call('TIME')")
    const arguments_ = values.map(String)
    return Effect.promise(() =>
      client.eval(script.replace("redis.call('TIME')", time), { keys: [...keys], arguments: arguments_ })
    )
  }
  return runAt
})

const noon = 1_800_000_000_000
const hour = 3_600_000

describe.runIf(hasRedis)("When the clock of the store is set", () => {
  it.live(
    "back, a debt of starts moves with it, so that nobody waits longer; forward, no more than the burst is due",
    () =>
      Effect.gen(function* () {
        const runAt = yield* scripts
        const startAt = (moment: number) =>
          Effect.map(runAt(moment, reserve, ["bucket", "cooldown"], 1e15, 100, 2, 1), (reply) =>
            Math.round(Number((reply as ReadonlyArray<string>)[0]))
          )

        const before = yield* Effect.forEach([0, 0, 0, 0], (after) => startAt(noon + after))
        const back = yield* Effect.forEach([0, 0], (after) => startAt(noon - hour + after))
        const forward = yield* Effect.forEach([0, 0, 0], (after) => startAt(noon + hour + after))

        assert.deepStrictEqual(
          [before, back, forward],
          [
            [0, 0, 100, 200],
            [300, 400],
            [0, 0, 100]
          ]
        )
      })
  )

  it.live("back, the lease of a dead replica still ends in time; forward, it ends at once", () =>
    Effect.gen(function* () {
      const runAt = yield* scripts
      const lease = 1000
      const ask = (moment: number, id: string, wants: string) =>
        Effect.map(runAt(moment, permits, ["permits"], id, "to:", '"a"', 1, lease, 0, 0, wants, 0), (reply) =>
          Number((reply as ReadonlyArray<string>)[0])
        )

      const dead = yield* ask(noon, "dead", "1")
      const early = yield* ask(noon - hour, "b", "1")
      const late = yield* ask(noon - hour + lease + 1, "b", "1")
      const other = yield* ask(noon - hour + lease + 1, "c", "1")
      const jumped = yield* ask(noon, "c", "1")

      assert.deepStrictEqual([dead, early, late, other, jumped], [1, 0, 1, 0, 1])
    })
  )

  it.live("back, an open circuit stays open no longer; forward, it may be probed", () =>
    Effect.gen(function* () {
      const runAt = yield* scripts
      const step = (moment: number, event: string, ticket = 0, verdict = "") =>
        Effect.map(
          runAt(
            moment,
            circuit,
            ["circuit", "replicas"],
            "to:",
            '"a"',
            event,
            1,
            5000,
            0,
            1,
            1,
            1e9,
            1000,
            ticket,
            verdict,
            0,
            ""
          ),
          (
            reply
          ): { readonly state: string; readonly generation: number; readonly wait: number; readonly ticket: number } =>
            JSON.parse(String(reply))
        )

      const { generation } = yield* step(noon, "read")
      const opened = yield* step(noon, "end", generation, "failure")
      const back = yield* step(noon - hour, "read")
      const later = yield* step(noon - hour + 2000, "read")
      const forward = yield* step(noon + hour, "admit")

      assert.deepStrictEqual(
        [opened, back, later].map(({ state, wait }) => [state, Math.round(wait)]),
        [
          ["open", 5000],
          ["open", 5000],
          ["open", 3000]
        ]
      )
      assert.strictEqual(forward.state, "half-open")
      assert.isAbove(forward.ticket, generation)
    })
  )
})
