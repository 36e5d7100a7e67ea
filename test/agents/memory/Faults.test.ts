import { assert, describe, it } from "@effect/vitest"
import { faults } from "./faults.ts"
import { assertMarked, daily, isTold } from "./told.ts"

for (const [kind, cases] of Object.entries(faults)) {
  describe(kind, () => {
    for (const { entries, situation, tells, tellsNot = [] } of cases) {
      it(entries.join(" / "), () => {
        const context = daily(entries).context(situation, 400)

        assert.isTrue(isTold(context, tells), context)
        for (const stale of tellsNot) assertMarked(context, [stale], tells)
      })
    }
  })
}
