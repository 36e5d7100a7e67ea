import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Advice } from "../../src/advice/Advice.ts"
import { answer, follow, play, type Scene } from "./advice.ts"

/** The finding of a rule. */
export const found = ({ findings }: Advice, rule: string) => findings.find((finding) => finding.rule === rule)
/** The rules with a finding that needs action. */
export const rules = ({ findings }: Advice) =>
  findings.filter(({ severity }) => severity !== "info").map(({ rule }) => rule)

/** Runs a scene in which a rule fires, then again with each of the first remedies applied, after which all is well. */
export const mends = Effect.fnUntraced(function* (scene: Scene, rule: string, remedies: number) {
  const before = yield* play(scene)
  const finding = found(before, rule)
  assert.isDefined(finding, `${rule} in ${rules(before)}`)
  assert.isAtLeast(finding!.remedies.length, remedies, before.summary)
  for (const remedy of finding!.remedies.slice(0, remedies)) {
    const after = yield* play(follow(scene, remedy))
    assert.deepStrictEqual(rules(after), [], `${JSON.stringify(remedy)}: ${after.summary}`)
    assert.strictEqual(after.status, "healthy")
    assert.match(after.summary, /^All is well/)
  }
  return { before, finding: finding!, variables: finding!.remedies.map(({ change }) => change.map((c) => c.variable)) }
})

/** A load that no limit holds up. */
export const calm: Scene = { limits: {}, jobsPerMinute: 30, model: () => answer("2 seconds"), minutes: 20 }
