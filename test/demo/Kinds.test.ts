import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import type { Job } from "../../src/agents/Job.ts"
import { Draw, rulesOf } from "../../src/demo/Draw.ts"
import { kinds } from "../../src/demo/JobSource.ts"
import type { Kind } from "../../src/demo/Kind.ts"
import type { ChatRequest } from "../../src/simulator/model/ChatRequest.ts"
import * as Skills from "../../src/simulator/model/skill/Skills.ts"

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
const result = (job: Job, kind: Kind, known: string): unknown => {
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
      messages.push({
        role: "tool",
        content: JSON.stringify(Effect.runSync(job.lookups[0]!.find(JSON.parse(json).item)))
      })
    }
  }
  return undefined
}

/** What is said against a result; `undefined` if it is accepted. */
const verdictOf = (job: Job, result: unknown): string | undefined =>
  Effect.runSync(
    Effect.match(job.accept(JSON.stringify(result) ?? ""), {
      onFailure: ({ reason }) => reason,
      onSuccess: () => undefined
    })
  )

const runs = Effect.gen(function* () {
  const draw = new Draw(yield* Effect.service(Random.Random))
  return { draw, rules: rulesOf(draw) }
}).pipe(Random.withSeed("kinds"))

describe("The kinds of jobs", () => {
  it.effect.each(kinds)(
    "$name: the rules that a rejection tells lead the simulated model to the right result",
    (kind) =>
      Effect.gen(function* () {
        const { draw, rules } = yield* runs
        let rejections = 0
        const rulesTold = new Set<string>()
        for (let i = 0; i < 300; i++) {
          const job = kind.make(draw, rules)
          let known = ""
          for (let attempt = 0; attempt < 3; attempt++) {
            const verdict = verdictOf(job, result(job, kind, known))
            if (verdict === undefined) break
            rejections++
            rulesTold.add(
              verdict
                .split(". ")
                .slice(1)
                .join(". ")
                .replace(/^\d.*?\. /, "")
            )
            known += `Not accepted: ${verdict}\n`
          }

          assert.isUndefined(verdictOf(job, result(job, kind, known)), `${job.task}\n${known}`)
        }

        assert.isFalse(rulesTold.has("That is not right."))
        if (rulesTold.size > 0) assert.isAbove(rejections, 20)
        assert.isAtMost(rulesTold.size, 2, [...rulesTold].join())
      })
  )

  it.effect.each(kinds)("$name: a rule of another kind changes nothing", (kind) =>
    Effect.gen(function* () {
      const { draw, rules } = yield* runs
      const others = kinds.filter((other) => other !== kind)
      const told = others
        .flatMap((other) => {
          const job = other.make(draw, rules)
          return [verdictOf(job, { [keyOf[other.name]!]: 0 }) ?? "", verdictOf(job, result(job, other, "")) ?? ""]
        })
        .join("\n")
      for (let i = 0; i < 30; i++) {
        const job = kind.make(draw, rules)
        assert.deepStrictEqual(result(job, kind, told), result(job, kind, ""), told)
      }
    })
  )

  it.effect("what is not of the shape is not accepted", () =>
    Effect.gen(function* () {
      const { draw, rules } = yield* runs
      for (const kind of kinds) {
        assert.match(verdictOf(kind.make(draw, rules), { nothing: 1 }) ?? "", /no result/)
      }
    })
  )
})
