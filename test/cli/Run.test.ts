import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "../support/cli.ts"

describe("headgate run", () => {
  it.live("does the jobs and reports what it took", () =>
    Effect.gen(function* () {
      const text = (yield* run(["run", "--jobs", "40"])).out

      assert.match(text, /^40 jobs created, \d+ completed, \d+ failed.*, 0 pending$/m)
      assert.match(text, /^ {2}time +[\d.]+ minutes, in virtual time$/m)
      assert.match(text, /^ {2}calls a job +[\d.]+: act [\d.]+, plan [\d.]+, reflect [\d.]+$/m)
      assert.match(text, /^ {2}tokens a job +\d+: act [\d.]+, plan [\d.]+, reflect [\d.]+$/m)
      assert.match(text, /^ {2}reflections +[\d.]+ a job, \d+ skipped$/m)
      assert.match(text, /^ {2}health +healthy$/m)
    })
  )
})
