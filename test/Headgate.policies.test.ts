import { describe, it } from "@effect/vitest"
import { check, Law } from "../src/testing.ts"
import { yieldIntervals, runs } from "./support/runs.ts"
import { policies } from "./support/stacks.ts"

describe("Each policy", () => {
  for (const { layer, name, guarantees } of policies) {
    it.effect(`${name}: keeps every law, under random loads and whichever step a call is interrupted at`, () =>
      check(Law.all, layer, { ...guarantees, runs: runs(2, 150), stride: runs(5, 1), yieldEvery: yieldIntervals })
    )
  }
})
