import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Gate, type GateLimits, type Reason, Stats, type StatsEvent } from "../src/index.ts"

describe("The package", () => {
  it.effect("names the types of its services: reasons, events, and what a gate tells the policies above it", () =>
    Effect.gen(function* () {
      const events: Array<StatsEvent["_tag"]> = []
      const stats = yield* Stats
      stats.onEvent((event: StatsEvent) => void events.push(event._tag))
      stats.record({ _tag: "Zombie" })
      const { permits }: GateLimits = yield* Gate
      const code = (reason: Reason): string => reason.code

      assert.deepStrictEqual([events, permits, code.length], [["Zombie"], undefined, 1])
    }).pipe(Effect.provide([Stats.layer, Gate.layerNoop]))
  )
})
