import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Agent from "../../src/agents/Agent.ts"
import * as Job from "../../src/agents/Job.ts"
import * as VirtualTime from "../../src/simulator/VirtualTime.ts"
import { Memory } from "../../src/agents/Memory.ts"
import { type Heard, type Says, scripted } from "../support/scripted.ts"

/** A job that needs a number which only a tool knows, and a rule which only a rejection tells. */
const job = Job.make({
  goal: "Tell the age of somebody in months.",
  task: "Tell the age of Ada in months.",
  result: Schema.Struct({ months: Schema.Finite }),
  lookups: [
    {
      name: "age",
      description: "Somebody's age",
      find: (who) => Effect.succeed(who === "Ada" ? { who, years: 7 } : undefined)
    },
    { name: "address", description: "Somebody's address", find: () => Effect.succeed(undefined) }
  ],
  check: ({ months }) => (months === 84 ? undefined : "A year has twelve months.")
})

const calls = (item: string): Says => [{ name: "age", params: { item } }]

/** Works on the job with a model that says these things one after the other, and tells what it heard. */
const worked = Effect.fnUntraced(function* (says: ReadonlyArray<Says>, options: Agent.Options = {}, times = 1) {
  const heard: Array<Heard> = []
  const model = scripted((one, call) => {
    heard.push(one)
    return says[call - 1] === "..." ? Effect.never : Effect.delay(Effect.succeed(says[call - 1] ?? "none"), 10)
  })
  const outcomes: Array<Agent.Outcome> = []
  yield* Effect.gen(function* () {
    const agent = yield* Agent.make({ name: "ada", role: "clerk" }, options)
    for (let time = 0; time < times; time++) {
      const outcome = yield* agent.work(job)
      outcomes.push(outcome)
      yield* agent.digest(outcome.episode)
    }
  }).pipe(Effect.provide(Layer.merge(model, Memory.layer)), VirtualTime.run)
  return { heard, outcome: outcomes.at(-1)!, outcomes }
})

const plan = (...use: ReadonlyArray<string>): string => JSON.stringify({ steps: ["ask", "tell"], use })
const last = ({ texts }: Heard) => texts.at(-1)!

describe("Agent", () => {
  it.live("plans, looks up what it wants to, and hands in a result that is checked", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked([plan("age"), calls("Ada"), '{"months":84}'])

      assert.isUndefined(outcome.failure)
      assert.deepStrictEqual(outcome.result, { months: 84 })
      assert.deepStrictEqual(
        heard.map(({ options }) => options.purpose),
        ["plan", "act", "act"]
      )
      assert.include(heard[1]!.texts.join("\n"), "ask; tell")
      assert.include(heard[1]!.texts.join("\n"), job.task)
      assert.include(last(heard[2]!), '"years":7')
      assert.deepStrictEqual(outcome.episode.observations.slice(1), [
        '{"who":"Ada","years":7}',
        "The result was accepted."
      ])
    })
  )

  it.live("only the tools that the plan names are on offer, and all of them after a result that was not accepted", () =>
    Effect.gen(function* () {
      const { heard } = yield* worked([plan("age"), '{"months":1}', '{"months":84}'])

      assert.deepStrictEqual(
        heard.slice(0, 3).map(({ tools }) => tools),
        [[], ["age"], ["age", "address"]]
      )
    })
  )

  it.live("a tool that a step speaks of is on offer too", () =>
    Effect.gen(function* () {
      const { heard } = yield* worked(['{"steps":["Look up the Age of Ada"],"use":[]}', '{"months":84}'])

      assert.deepStrictEqual(heard[1]!.tools, ["age"])
    })
  )

  it.live("without a plan it acts all the same, with every tool", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked(["No plan.", '{"months":84}'])

      assert.isUndefined(outcome.failure)
      assert.deepStrictEqual(heard[1]!.tools, ["age", "address"])
      assert.notInclude(heard[1]!.texts.join("\n"), "Plan:")
    })
  )

  it.live("what nothing is known of is said to be so", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked([plan("age"), calls("Bo"), calls("Ada"), '{"months":84}'])

      assert.isUndefined(outcome.failure)
      assert.include(last(heard[2]!), "Nothing is known")
    })
  )

  it.live("a refusal goes back to the model in so many words, and the job is tried again", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked([plan(), '{"months":7}', '{"months":84}'])

      assert.isUndefined(outcome.failure)
      assert.deepStrictEqual(outcome.episode.rejections, ["A year has twelve months."])
      assert.include(last(heard[2]!), "Not accepted: A year has twelve months.")
      assert.include(heard[2]!.texts.at(-2)!, '{"months":7}')
    })
  )

  it.live("a reply without a result is not accepted", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked([plan(), "I do not know.", '{"months":84}'])

      assert.isUndefined(outcome.failure)
      assert.include(last(heard[2]!), "no result in the reply")
    })
  )

  it.live("after as many wrong results as it may hand in, the job fails, and its plan with it", () =>
    Effect.gen(function* () {
      const wrong = '{"months":7}'
      const { heard, outcomes } = yield* worked(
        [plan(), wrong, wrong, "A year has twelve months.", plan(), '{"months":84}'],
        { attempts: 2 },
        2
      )

      assert.deepStrictEqual(
        outcomes.map(({ failure }) => failure),
        ["wrong", undefined]
      )
      assert.deepStrictEqual(
        heard.map(({ options }) => options.purpose),
        ["plan", "act", "act", "reflect", "plan", "act"]
      )
    })
  )

  it.live("a lesson stands in the next plan and in the next act", () =>
    Effect.gen(function* () {
      const lesson = "The age of somebody in months is twelve times that in years."
      const { heard } = yield* worked([plan(), '{"months":7}', '{"months":84}', lesson, plan(), '{"months":84}'], {}, 2)

      for (const { texts } of heard.slice(4)) assert.include(texts.join("\n"), lesson)
    })
  )

  it.live("a job that is not done in its time is late", () =>
    Effect.gen(function* () {
      const { outcome } = yield* worked([plan(), "..."], { deadline: "20 seconds" })

      assert.strictEqual(outcome.failure, "late")
      assert.isFalse(outcome.episode.completed)
    })
  )

  it.live("a model that looks things up without end is stopped", () =>
    Effect.gen(function* () {
      const { heard, outcome } = yield* worked([plan("age"), ...Array.from({ length: 10 }, () => calls("Ada"))], {
        attempts: 2
      })

      assert.strictEqual(outcome.failure, "wrong")
      assert.strictEqual(heard.filter(({ options }) => options.purpose === "act").length, 10)
    })
  )
})
