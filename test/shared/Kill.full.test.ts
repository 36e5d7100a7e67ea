import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Plan } from "../../bench/scale/child.ts"
import { type Edge, judge, killOne, milliseconds, Replica } from "../../bench/scale/Replica.ts"
import { times } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { runs } from "../support/runs.ts"

const leaseMillis = 4000
const permits = 5
const kills = runs(8, 20)

/** Replicas in processes of their own, until the scope closes. */
const replicas = (plan: Plan, count: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const made = times(count).map(() => new Replica(plan))
      await Promise.all(made.map(({ ready }) => ready))
      for (const one of made) one.tell("go")
      return made
    }),
    (all) => Effect.promise(() => Promise.all(all.map((one) => one.kill())))
  )

describe.runIf(hasRedis)("A replica that is killed under load", () => {
  it.live(
    `gives its permits back within the lease, ${kills} times in a row at random moments, and none is ever lost or doubled`,
    () =>
      Effect.gen(function* () {
        const { port } = yield* redis
        const plan: Plan = {
          port,
          kind: "headgate",
          callers: 6,
          workMillis: 300,
          perSecond: null,
          permits,
          burst: 1,
          allowance: 0,
          leaseMillis
        }
        const all = yield* replicas(plan, 3)
        const begin = milliseconds()
        const edges: Array<Edge> = []
        const backs: Array<number> = []
        for (let kill = 0; kill < kills; kill++) {
          yield* Effect.sleep(300 + Math.random() * 500)
          const { back, dead, held } = yield* Effect.promise(() => killOne(all, plan, 2 * leaseMillis))
          edges.push(...dead.edges)
          if (held > 0) backs.push(back)
        }
        yield* Effect.sleep("1 second")
        const end = milliseconds()
        edges.push(...all.flatMap((one) => one.edges))
        const { peak } = judge(edges, begin)
        const last = edges.filter(({ at }) => at < end)

        assert.isAbove(backs.length, kills / 4)
        // The limit is the lease; the rest is for a busy machine.
        for (const back of backs) assert.isBelow(back, leaseMillis + 1000)
        assert.isAtMost(peak, permits)
        assert.strictEqual(judge(last, begin).peak, permits)
      }),
    600_000
  )
})
