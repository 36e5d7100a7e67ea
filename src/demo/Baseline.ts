import { Effect, Option } from "effect"
import { Prompt } from "effect/ai"
import { situation as situationOf, stepsShape } from "../agents/Compact.ts"
import * as Extract from "../agents/Extract.ts"
import { type LookupTools, noTools } from "../agents/Job.ts"
import type { ModelClient } from "../agents/ModelClient.ts"
import { type Episode, type JobContext, type MakeStyle, type Persona, Steps } from "../agents/Style.ts"
import * as Time from "../engine/Time.ts"
import * as Prompts from "./BaselinePrompts.ts"

// The values of published simulations.
const threshold = 150
const recent = 100
const minute = 60_000

const read = Extract.decode(Steps)

// Entries that the context may hold; older ones fall out.
const mostEntries = 300

/** Everything that happened, one entry a line. */
class MemoryStream {
  readonly #entries: Array<string> = []

  add(entry: string): void {
    this.#entries.push(entry.replaceAll("\n", " "))
    if (this.#entries.length > mostEntries) this.#entries.shift()
  }

  last(count: number): ReadonlyArray<string> {
    return this.#entries.slice(-count)
  }

  get text(): string {
    return this.#entries.join("\n")
  }
}

/** Makes the calls by which an agent rates what it remembers and, when enough has added up, reflects on it. */
const reflector = (
  persona: Persona,
  client: ModelClient,
  tools: LookupTools,
  stream: MemoryStream,
  clock: Time.Now
) => {
  const ask = (text: string, maxTokens: number) =>
    client.ask({ purpose: "reflect", prompt: Prompt.make(text), tools, maxTokens, deadlineAt: clock() + minute })
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
export const make: MakeStyle = Effect.fnUntraced(function* (persona, client) {
  const clock = yield* Time.now
  const tools = yield* noTools
  const stream = new MemoryStream()
  const remember = reflector(persona, client, tools, stream, clock)
  let now = ""

  return {
    recall: () => Effect.sync(() => stream.text),
    plan: Effect.fnUntraced(function* (context: JobContext) {
      const situation = yield* situationOf(persona, context)
      now = situation.now
      const prompt = Prompt.make(Prompts.plan(situation, stepsShape))
      const { text } = yield* client.ask({
        purpose: "plan",
        prompt,
        tools,
        maxTokens: 1000,
        deadlineAt: context.deadlineAt
      })
      return Option.getOrUndefined(yield* Effect.option(read(text)))
    }),
    prompt: (context, plan) => ({
      prompt: Prompt.make(Prompts.act(persona, context, plan?.steps ?? [], now)),
      maxTokens: 1000
    }),
    digest: ({ observations }: Episode) =>
      Effect.forEach(observations, (memory) => Effect.catchTag(remember(memory), "Unanswered", () => Effect.void), {
        discard: true
      })
  }
})
