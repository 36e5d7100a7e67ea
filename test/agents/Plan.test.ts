import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import * as Plan from "../../src/agents/Plan.ts"
import { stepsShape } from "../../src/agents/Compact.ts"
import * as ModelClient from "../../src/agents/ModelClient.ts"
import { Steps } from "../../src/agents/Style.ts"
import * as Prompts from "../../src/demo/BaselinePrompts.ts"
import { Tokenizer } from "../../src/tokenizer/Tokenizer.ts"
import { Stats } from "../../src/Stats.ts"
import { type Heard, scripted } from "../support/scripted.ts"

const situation: Plan.Situation = {
  agent: "Rosa Lind",
  role: "merchant",
  goal: "Restock iron nails and keep the promise made to Ivo Marek.",
  now: "2031-04-09T08:00",
  actions: ["walk", "talk", "buy", "sell", "wait"],
  limits: ["The seed reserve stays above 41 sacks.", "At most 90 coins may be spent in one day."],
  known: "Ivo Marek asked for 40 nails by Friday noon."
}

const good = '{"steps":["buy nails"],"use":["buy"]}'

/** Plans for situations one after the other, and tells what the model heard. */
const plans = Effect.fnUntraced(function* (
  situations: ReadonlyArray<Partial<Plan.Situation>>,
  {
    forgets,
    says,
    ...options
  }: Partial<Plan.Options<Steps>> & { readonly says?: string; readonly forgets?: boolean } = {}
) {
  const heard: Array<Heard> = []
  const made: Array<Option.Option<Steps>> = []
  yield* Effect.gen(function* () {
    const planner = yield* Plan.make({ answer: Steps, ...options })
    const client = yield* ModelClient.make("rosa")
    for (const one of situations) {
      const whole = { ...situation, ...one }
      made.push(yield* planner.plan(client, whole, Infinity))
      if (forgets === true) planner.forget(whole)
    }
  }).pipe(
    Effect.provide(
      scripted((request) =>
        Effect.sync(() => {
          heard.push(request)
          return says ?? good
        })
      )
    )
  )
  return { heard, made }
})

const calls = (...given: Parameters<typeof plans>) => Effect.map(plans(...given), ({ heard }) => heard.length)

describe("Plan", () => {
  it.effect("the model hears who plans, what for, when, by which means, within which limits and what is known", () =>
    Effect.gen(function* () {
      const { heard } = yield* plans([{}])
      const text = heard[0]!.texts.join("\n")

      const { actions, agent, goal, known, limits, now, role } = situation
      for (const part of [agent, role, goal, now, ...actions, ...limits, known, '"steps"', '"use"']) {
        assert.include(text, part)
      }
    })
  )

  it.effect("the frame takes less than a tenth of that of a verbose prompt, whatever is known", () =>
    Effect.gen(function* () {
      const { count } = yield* Tokenizer.current
      const frame = Effect.fnUntraced(function* (known: string) {
        const { heard } = yield* plans([{ known }])
        const sent = heard[0]!.texts.reduce((sum, text) => sum + count(text), 0) - count(known)
        return sent / (count(Prompts.plan({ ...situation, known }, stepsShape)) - count(known))
      })

      assert.isBelow(yield* frame(situation.known), 0.1)
      assert.isBelow(
        yield* frame(Array.from({ length: 12 }, (_, i) => `Day ${i}: sold ${3 * i} crates.`).join("\n")),
        0.1
      )
    }).pipe(Effect.provide(Tokenizer.layerO200k))
  )

  it.effect("what differs from plan to plan comes after what does not", () =>
    Effect.gen(function* () {
      const { heard } = yield* plans([{}, { goal: "Sell lamp oil.", now: "2031-04-10T09:00", known: "It rains." }])
      const [one, other] = heard.map(({ texts }) => texts.join("\n")) as [string, string]
      const common = [...one].findIndex((letter, i) => letter !== other[i])

      assert.include(one.slice(0, common), situation.limits.at(-1)!)
      assert.strictEqual(heard[0]!.texts[0], heard[1]!.texts[0])
    })
  )

  it.effect.each([
    ["the time", { now: "2031-04-09T17:00" }],
    ["who asks", { agent: "Dov Stern" }],
    ["letter case and white space", { goal: situation.goal.toUpperCase().replaceAll(" ", "  ") }]
  ] as const)("%s does not change a plan", ([, other]) =>
    Effect.gen(function* () {
      const { heard, made } = yield* plans([{}, other])

      assert.strictEqual(heard.length, 1)
      assert.deepStrictEqual(made[0], made[1])
    })
  )

  it.effect.each([
    ["goal", { goal: "Sell lamp oil." }],
    ["role", { role: "carpenter" }],
    ["means", { actions: ["walk"] }],
    ["limits", { limits: [] }],
    ["knowledge", { known: "Ivo Marek asked for 60 nails." }]
  ] as const)("another %s asks for another plan", ([, other]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* calls([{}, other, {}, other]), 2)
    })
  )

  it.effect("a plan that is forgotten is made anew, and so is a reply that was none", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* calls([{}, {}], { forgets: true }), 2)
      const { heard, made } = yield* plans([{}, {}], { says: "I would rather not." })
      assert.strictEqual(heard.length, 2)
      assert.isTrue(made.every(Option.isNone))
    })
  )

  it.effect("of more situations than it keeps, it forgets those not asked for the longest", () =>
    Effect.gen(function* () {
      const [a, b, c] = ["a", "b", "c"].map((goal) => ({ goal })) as [
        { goal: string },
        { goal: string },
        { goal: string }
      ]

      assert.strictEqual(yield* calls([a, b, a, c, a], { kept: 2 }), 3)
      assert.strictEqual(yield* calls([a, b, a, c, b], { kept: 2 }), 4)
    })
  )

  it.effect("plans used again, and what they spared, are counted", () =>
    Effect.gen(function* () {
      const { snapshot } = yield* Stats
      const planner = yield* Plan.make({ answer: Steps })
      const heard: Array<string> = []
      const client = yield* Effect.provide(
        ModelClient.make("rosa"),
        scripted(({ format, texts }) =>
          Effect.as(
            Effect.sync(() => heard.push(...texts, JSON.stringify((format as { json_schema: unknown }).json_schema))),
            good
          )
        )
      )
      yield* planner.plan(client, situation, Infinity, 5000)
      const first = yield* snapshot
      yield* planner.plan(client, situation, Infinity, 5000)
      const second = yield* snapshot

      // The model bills thirty tokens for what is sent, and would have billed the baseline by the same measure.
      const { count } = yield* Tokenizer.current
      const baseline = (5000 * 30) / heard.reduce((sum, text) => sum + count(text), 0)
      assert.closeTo(first.tokens.saved, baseline - 30, 1)
      assert.closeTo(second.tokens.saved, 2 * baseline - 30, 2)
      assert.deepStrictEqual([second.jobs.calls.plan, second.jobs.plansReused], [1, 1])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a schema of any shape asks for its keys", () =>
    Effect.gen(function* () {
      const { heard } = yield* plans([{}], {
        answer: Schema.Struct({ hours: Schema.Finite, risk: Schema.Unknown }) as never
      })

      assert.match(heard[0]!.texts[0]!, /\{"hours": number, "risk"\}$/)
    })
  )
})
