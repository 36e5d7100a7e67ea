import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import { gate } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"
import { interrupted, sweep } from "../../support/sweep.ts"

const one = gate(ConcurrencyLimit.layer({ permits: 1 }))

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const Cut = Arbitrary.all({ call: between(0, 3), step: between(0, 40) })
const Case = Arbitrary.all({ rhythm: between(5, 17), first: Cut, second: Cut })

describe("ConcurrencyLimit, interrupted", () => {
  it.effect("no permit is lost, whichever call is interrupted at whatever step", () => sweep(one, runs(2, 1)))

  it.effect.prop(
    "nor by two interruptions",
    { given: Case },
    ({ given: { first, rhythm, second } }) => interrupted(one, { rhythm, cuts: [first, second] }),
    { arbitrary: { runs: runs(300, 5_000) } }
  )
})
