import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { fork, reasonOf, standing } from "../support/gate.ts"
import { proxy } from "../support/proxy.ts"
import { TestRedis, freePort, hasRedis } from "../support/redis.ts"
import { faults, isUp, ownTime, replica, running, until } from "../support/replicas.ts"

/** A Redis that keeps its data on disk, until the scope closes. */
const persistent = Effect.acquireRelease(
  Effect.promise(async () => {
    const made = new TestRedis(await freePort())
    await made.start(true)
    return made
  }),
  (made) => Effect.promise(() => made.remove())
)

/** What a call meets at a replica whose 4 permits are held while the store is down. */
const expected = {
  // The replica is alone, so its share is the whole limit.
  local: { standing: "pending", reason: undefined },
  refuse: { standing: "RateLimited", reason: "RateLimited" },
  open: { standing: "succeeded", reason: undefined }
} as const

describe.runIf(hasRedis)("A store that fails in any way", () => {
  for (const [what, fault] of Object.entries(faults)) {
    for (const whenDown of ["local", "refuse", "open"] as const) {
      it.live(
        `that ${what}, with \`${whenDown}\`: holds within 200 ms, is told in the stats, and heals within 5 s`,
        () =>
          Effect.gen(function* () {
            const store = yield* persistent
            const way = yield* proxy(store.port)
            const one = yield* replica({ url: Redacted.make(`redis://127.0.0.1:${way.port}`), whenDown })
            const load = yield* running(one, 4)
            yield* until("all permits are held", () => load.count() === 4)
            const { begin, end } = fault(store, way)
            const time = yield* ownTime

            yield* begin
            const at = time()
            const call = yield* fork(Effect.exit(one.pass({}, Effect.succeed("an answer"))))
            yield* isUp(false)(one)
            const took = time() - at
            if (whenDown !== "local") yield* until("the call ends", () => call.pollUnsafe() !== undefined, 1000)
            const exit = call.pollUnsafe()
            const { store: told } = (yield* one.stats.snapshot) as unknown as { readonly store: object }
            yield* end
            yield* isUp(true)(one)
            yield* load.stop
            const after = yield* one.pass({}, Effect.succeed("an answer"))

            assert.isBelow(took, 200)
            assert.include(told, { state: "down", whenDown, downs: 1 })
            if (exit === undefined) assert.strictEqual(whenDown, "local")
            else assert.strictEqual(reasonOf("value" in exit ? exit.value : exit)?._tag, expected[whenDown].reason)
            assert.strictEqual(standing(call), "succeeded")
            assert.strictEqual(after, "an answer")
          }),
        30_000
      )
    }
  }
})
