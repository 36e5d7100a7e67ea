import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { Draw } from "../../../src/agents/job/Draw.ts"
import * as House from "../../../src/agents/job/House.ts"
import type { Kind } from "../../../src/agents/job/Job.ts"
import { kinds } from "../../../src/agents/job/Kinds.ts"
import type { ChatRequest } from "../../../src/simulator/model/ChatRequest.ts"
import * as Skills from "../../../src/simulator/model/skill/Skills.ts"

const keyOf: Readonly<Record<string, string>> = {
  invoice: "total",
  shipment: "cost",
  loading: "order",
  offer: "choice",
  letter: "number",
  distance: "km",
  appointment: "start",
  stock: "pieces",
  basket: "total"
}

type Message = ChatRequest["messages"][number]

/** Lets the model talk and look things up until it says something. */
const result = (job: ReturnType<Kind["make"]>, kind: Kind, known: string): unknown => {
  const tools = job.lookups.map(({ name }) => ({
    type: "function",
    function: { name, parameters: { type: "object", properties: { item: { type: "string" } } } }
  }))
  const messages: Array<Message> = [
    { role: "user", content: `${known}\n\nTask: ${job.task}\n\nReply with JSON {${keyOf[kind.name]}}` }
  ]
  for (let round = 0; round < 3; round++) {
    const said = Skills.answer({ model: "m", messages, tools }, { slipRate: 0, prose: () => "", random: () => 0.5 })
    if (said === undefined) return undefined
    if ("text" in said) return JSON.parse(said.text)
    messages.push({
      role: "assistant",
      tool_calls: said.calls.map(({ json, name }) => ({ function: { name, arguments: json } }))
    })
    for (const { json } of said.calls) {
      messages.push({ role: "tool", content: JSON.stringify(job.lookups[0]!.find(JSON.parse(json).item)) })
    }
  }
  return undefined
}

const runs = Effect.gen(function* () {
  const draw = new Draw(yield* Effect.service(Random.Random))
  return { draw, house: House.draw(draw) }
}).pipe(Random.withSeed("kinds"))

describe("The kinds of jobs", () => {
  it.effect.each(kinds)(
    "$name: the customs that a refusal tells lead the simulated model to the right result",
    (kind) =>
      Effect.gen(function* () {
        const { draw, house } = yield* runs
        let refusals = 0
        const customs = new Set<string>()
        for (let i = 0; i < 300; i++) {
          const job = kind.make(draw, house)
          let known = ""
          for (let attempt = 0; attempt < 3; attempt++) {
            const verdict = job.check(result(job, kind, known))
            if (verdict === undefined) break
            refusals++
            customs.add(
              verdict
                .split(". ")
                .slice(1)
                .join(". ")
                .replace(/^\d.*?\. /, "")
            )
            known += `Not accepted: ${verdict}\n`
          }

          assert.isUndefined(job.check(result(job, kind, known)), `${job.task}\n${known}`)
        }

        assert.isFalse(customs.has("That is not right."))
        if (customs.size > 0) assert.isAbove(refusals, 20)
        assert.isAtMost(customs.size, 2, [...customs].join())
      })
  )

  it.effect.each(kinds)("$name: a custom of another kind changes nothing", (kind) =>
    Effect.gen(function* () {
      const { draw, house } = yield* runs
      const others = kinds.filter((other) => other !== kind)
      const told = others
        .flatMap((other) => {
          const job = other.make(draw, house)
          return [job.check({ [keyOf[other.name]!]: 0 }) ?? "", job.check(result(job, other, "")) ?? ""]
        })
        .join("\n")
      for (let i = 0; i < 30; i++) {
        const job = kind.make(draw, house)
        assert.deepStrictEqual(result(job, kind, told), result(job, kind, ""), told)
      }
    })
  )

  it.effect("what is not of the shape is not accepted", () =>
    Effect.gen(function* () {
      const { draw, house } = yield* runs
      for (const kind of kinds) {
        assert.match(kind.make(draw, house).check({ nothing: 1 }) ?? "", /not of the shape/)
      }
    })
  )
})
