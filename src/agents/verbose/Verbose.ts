import { Effect, Option } from "effect"
import { Prompt } from "effect/ai"
import * as Time from "../../engine/Time.ts"
import * as Extract from "../Extract.ts"
import * as LookupTools from "../LookupTools.ts"
import { situationOf } from "../Situating.ts"
import { type Hand, type Make, type Persona, Steps, stepsShape, type Story } from "../Style.ts"
import type { Talk } from "../Talk.ts"
import * as Prompts from "./Prompts.ts"
import { Stream } from "./Stream.ts"

// As published simulations have it.
const threshold = 150
const recent = 100
const minute = 60_000

const read = Extract.decode(Steps)

/** Makes the calls by which an agent rates what it remembers and, when enough has added up, reflects on it. */
const reflector = (persona: Persona, talk: Talk, tools: LookupTools.LookupTools, stream: Stream, clock: Time.Now) => {
  const ask = (text: string, most: number) =>
    talk.ask({ purpose: "reflect", prompt: Prompt.make(text), tools, most, until: clock() + minute })
  let sum = 0

  const reflect = Effect.gen(function* () {
    const memories = stream.last(recent)
    const { text } = yield* ask(Prompts.questions(memories), 150)
    for (const question of text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(0, 3)) {
      const { text: insights } = yield* ask(Prompts.insights(persona, question, memories), 300)
      for (const insight of insights.split("\n")) stream.add(insight.replace(/^\d+\.\s*/, ""))
    }
  })

  return Effect.fnUntraced(function* (memory: string) {
    stream.add(memory)
    const { text } = yield* ask(Prompts.rating(persona, memory), 5)
    sum += Number(text.match(/\d+/)?.[0] ?? 5)
    if (sum < threshold) return
    sum = 0
    yield* reflect
  })
}

/** The style of published simulations of populations: long prompts, all memories, a plan for each job, and regular reflection. */
export const make: Make = Effect.fnUntraced(function* (persona, talk) {
  const clock = yield* Time.now
  const tools = yield* LookupTools.none
  const stream = new Stream()
  const remember = reflector(persona, talk, tools, stream, clock)
  let now = ""

  return {
    recall: () => Effect.sync(() => stream.text),
    plan: Effect.fnUntraced(function* (hand: Hand) {
      const situation = yield* situationOf(persona, hand)
      now = situation.now
      const prompt = Prompt.make(Prompts.plan(situation, stepsShape))
      const { text } = yield* talk.ask({ purpose: "plan", prompt, tools, most: 1000, until: hand.until })
      return Option.getOrUndefined(yield* Effect.option(read(text)))
    }),
    opening: (hand, plan) => ({ prompt: Prompt.make(Prompts.act(persona, hand, plan?.steps ?? [], now)), most: 1000 }),
    digest: ({ observations }: Story) =>
      Effect.forEach(observations, (memory) => Effect.catchTag(remember(memory), "Unanswered", () => Effect.void), {
        discard: true
      })
  }
})
