import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Plan from "../../src/agents/Plan.ts"
import * as ModelClient from "../../src/agents/ModelClient.ts"
import { bodyOf } from "../support/openai.ts"

const job = {
  agent: "Dov Stern",
  role: "station engineer",
  goal: "Repair scrubber unit B before the docking window.",
  now: "2098-10-09T04:10",
  actions: ["move", "fetch", "repair", "report", "rest", "ask"],
  limits: ["Cabin pressure stays above 805 hPa."]
}
const outputKeys = ["steps", "tools", "risk"]
const known = "Unit B failed twice this week."

/** What the judge of planning prompts is told. */
const judged = Effect.promise(async () => {
  const { prompt } = await import(new URL("../../bench/adapters/plan.mjs", import.meta.url).href)
  return (await prompt({ ...job, outputKeys }, known)) as ReadonlyArray<unknown>
})

interface Body {
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: string }>
  readonly max_completion_tokens: number
  readonly response_format: { readonly json_schema: { readonly schema: unknown } }
}

describe("A planning request", () => {
  it.live("is on the wire what the judge is told, word for word, its schema included and no tools beside it", () =>
    Effect.gen(function* () {
      const plan = Effect.gen(function* () {
        const answer = Schema.Struct(Object.fromEntries(outputKeys.map((key) => [key, Schema.Unknown])))
        const planner = yield* Plan.make({ answer })
        return yield* planner.plan(yield* ModelClient.make(job.agent), { ...job, known }, Infinity)
      })
      const body = (yield* bodyOf(plan)) as Body & Record<string, unknown>

      assert.deepStrictEqual(
        [...body.messages.map(({ content }) => content), body.response_format.json_schema.schema],
        yield* judged
      )
      assert.deepStrictEqual(Object.keys(body).sort(), [
        "max_completion_tokens",
        "messages",
        "model",
        "response_format"
      ])
      assert.strictEqual(body.max_completion_tokens, 120)
    })
  )
})
