import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"

type Message = { readonly role: string; readonly content: string | null; readonly tool_calls?: unknown }

/** What the model says to messages, and the tools it calls. */
const says = (messages: ReadonlyArray<Message> | string, more: object = {}, slipRate = 0) =>
  Effect.gen(function* () {
    const { complete } = yield* SimulatedModel
    const asked = typeof messages === "string" ? [{ role: "user", content: messages }] : messages
    const { choices } = yield* complete({ model: "gpt-4o-mini", messages: asked, ...more })
    const { content, tool_calls: calls = [] } = choices[0]!.message
    return { text: content ?? "", calls: calls.map((call) => [call.function.name, call.function.arguments]) }
  }).pipe(Effect.provide(SimulatedModel.layer({ fixedLatency: 0, slipRate })))

const sum = (text: string) => `Task: What is the total of this list?\n- a: 2 at 1.50\n- b: 3 at 2\n\n${text}`
const price = {
  type: "function",
  function: { name: "price", parameters: { type: "object", properties: { item: { type: "string" } } } }
}
const basket =
  "Look up the price of each and tell what they cost.\n- soap: 2 pieces\n- tar: 1 pieces\n\nReply in JSON {total}"

describe("A simulated model that understands", () => {
  it.effect.each([
    ["a total", `${sum("Reply in JSON {total}")}`, { total: 9 }],
    ["a total in words of its own", `${sum('Write JSON with the keys "sum".')}`, { sum: 9 }],
    ["a conversion", "Convert 2 feet to cm. Reply in JSON {cm: number}", { cm: 60.96 }],
    [
      "a ranking",
      "Sort these, heaviest first.\n- a: 900 g\n- b: 1.2 kg\n- c: 2 lb\n\nJSON: {order}",
      { order: ["b", "c", "a"] }
    ],
    [
      "a choice",
      "Choose the cheapest that comes within 3 days.\n- a: 9 coins, 2 days\n- b: 8 coins, 5 days\n\nJSON: {choice}",
      { choice: "a" }
    ],
    [
      "a field",
      'Find the order number in this letter.\n"My order number is KR-12, my house number 7."\n\nJSON: {it}',
      { it: "KR-12" }
    ],
    [
      "a time",
      "Find the earliest start of 30 minutes between 09:00 and 12:00.\n- Ana: busy 09:00-10:00, 10:15-11:00\n\nJSON: {start}",
      { start: "11:00" }
    ]
  ] as const)("does %s", ([, task, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(JSON.parse((yield* says(task)).text), expected)
    })
  )

  it.effect("answers in the keys of a schema that is told apart", () =>
    Effect.gen(function* () {
      const schema = { type: "object", properties: { all: { type: "number" } } }
      const format = { type: "json_schema", json_schema: { name: "answer", schema } }

      assert.strictEqual((yield* says(sum(""), { response_format: format })).text, '{"all":9}')
    })
  )

  it.effect("keeps to a custom that stands in the prompt and speaks of the task, wherever it stands", () =>
    Effect.gen(function* () {
      const task = sum("Reply in JSON {total}")
      const custom = "In any list, 3 or more of one item cost 10 % less."
      const elsewhere = "On a bill, 3 or more of one item cost 10 % less."
      const system = (content: string) => [
        { role: "system", content },
        { role: "user", content: task }
      ]

      assert.strictEqual((yield* says(system(custom))).text, '{"total":8.4}')
      assert.strictEqual((yield* says(`${custom}\n${task}`)).text, '{"total":8.4}')
      assert.strictEqual((yield* says(system(elsewhere))).text, '{"total":9}')
    })
  )

  it.effect("looks things up with the tool that is named, and works with what comes back", () =>
    Effect.gen(function* () {
      const first = yield* says(basket, { tools: [price] })
      assert.deepStrictEqual(first.calls, [
        ["price", '{"item":"soap"}'],
        ["price", '{"item":"tar"}']
      ])

      const answered = [
        { role: "user", content: basket },
        {
          role: "assistant",
          content: null,
          tool_calls: first.calls.map(([name, args]) => ({ function: { name, arguments: args } }))
        },
        { role: "tool", content: '{"item":"soap","price":1.5}' },
        { role: "tool", content: '{"item":"tar","price":4}' }
      ]
      assert.deepStrictEqual(yield* says(answered, { tools: [price] }), { text: '{"total":7}', calls: [] })
    })
  )

  it.effect("looks up one thing after the other where it may call one tool at a time", () =>
    Effect.gen(function* () {
      const { calls } = yield* says(basket, { tools: [price], parallel_tool_calls: false })

      assert.deepStrictEqual(calls, [["price", '{"item":"soap"}']])
    })
  )

  it.effect("without the tool, or with nothing found, it says so and asks no more", () =>
    Effect.gen(function* () {
      const unknown = [
        { role: "user", content: basket },
        {
          role: "assistant",
          content: null,
          tool_calls: ["soap", "tar"].map((item) => ({
            function: { name: "price", arguments: JSON.stringify({ item }) }
          }))
        },
        { role: "tool", content: '{"item":"soap","error":"Nothing is known of it."}' }
      ]

      assert.match((yield* says(basket)).text, /without looking it up/)
      assert.match((yield* says(unknown, { tools: [price] })).text, /without looking it up/)
    })
  )

  it.effect("plans with the actions that the goal names, in the keys that are asked for", () =>
    Effect.gen(function* () {
      const prompt =
        'Plan how to reach the goal. Reply in JSON {"steps", "use", "hours"}\nActions: buy, price, wait\nGoal: Find the price of tar.'
      const { hours, steps, use } = JSON.parse((yield* says(prompt)).text)

      assert.deepStrictEqual(use, ["price"])
      assert.isAbove(steps.length, 1)
      assert.isNumber(hours)
    })
  )

  it.effect("thinks aloud where it is asked to, and takes the tokens for it", () =>
    Effect.gen(function* () {
      const { text } = yield* says(`Think step by step. ${sum("Reply in JSON {total}")}`)

      assert.isAbove(text.length, 100)
      assert.strictEqual(text.split("\n").at(-1), '{"total":9}')
    })
  )

  it.effect("draws lessons from what was said when results were not accepted, and none from nothing", () =>
    Effect.gen(function* () {
      const happened = "Sorted boxes.\nNot accepted: Boxes marked (old) come last.\nNot accepted: That is not right."
      const lessons = (text: string) => says(`Draw the lessons from what happened.\n${text}`)

      assert.strictEqual((yield* lessons(happened)).text, "Boxes marked (old) come last.")
      assert.strictEqual((yield* lessons("Sorted boxes.")).text, "none")
    })
  )

  it.effect("rates a refusal higher than a routine", () =>
    Effect.gen(function* () {
      const rate = (memory: string) =>
        Effect.map(says(`On the scale of 1 to 10 rate this.\nMemory: ${memory}\nRating:`), ({ text }) => Number(text))

      assert.isAbove(yield* rate("Not accepted: Boxes marked (old) come last."), yield* rate("Sorted boxes."))
    })
  )

  it.effect("is wrong as often as its options say", () =>
    Effect.gen(function* () {
      let wrong = 0
      for (let i = 0; i < 400; i++) {
        const task = `Convert ${i} miles to km. Reply in JSON {km}`
        if (JSON.parse((yield* says(task, {}, 0.25)).text).km !== Math.round(i * 160.9344) / 100) wrong++
      }

      assert.closeTo(wrong / 400, 0.25, 0.08)
    })
  )
})
