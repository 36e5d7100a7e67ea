import { describe, it } from "@effect/vitest"
import { checkRandomStacks } from "./support/randomStacks.ts"

describe("A random stack", () => {
  it.effect(
    "keeps every law: any policies and wrappers, with any settings, in an order that keeps their guarantees",
    () => checkRandomStacks(1, 12)
  )
})
