import { describe, it } from "@effect/vitest"
import { checkRandomStacks } from "./support/randomStacks.ts"

describe("500 random stacks", () => {
  for (let first = 1; first <= 500; first += 50) {
    it.effect(`${first} to ${first + 49} keep every law`, () => checkRandomStacks(first, 50))
  }
})
