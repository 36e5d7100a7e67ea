import { type Duration, Effect } from "effect"
import { Prompt } from "effect/ai"
import * as Field from "../config/Field.ts"
import { decode, type For } from "../config/Options.ts"
import { Lru } from "../engine/Lru.ts"
import * as Time from "../engine/Time.ts"
import { Stats } from "../Stats.ts"
import { JobStats } from "./JobStats.ts"
import { noTools } from "./Job.ts"
import type { GateClosing, ModelClient } from "./ModelClient.ts"
import { isOverloaded } from "./Overload.ts"
import type { Episode } from "./Style.ts"

export interface Options {
  /** When to reflect: after a new reason of rejection or when enough has added up, or after every job. Default: `surprise`. */
  readonly after?: "surprise" | "job" | undefined
  /** Most reflections in an hour. From 0. Default: 30. */
  readonly perHour?: number | undefined
  /** What adds up to a reflection without a surprise: a job counts 1, a rejected result 3, a failure 5. Default: 150. */
  readonly importance?: number | undefined
  /** How long to wait for a gate that is overloaded. Default: 10 s. */
  readonly maxWait?: Duration.Input | undefined
}

export const fields = {
  after: Field.oneOf(["surprise", "job"], { default: "surprise" }),
  perHour: Field.number(0, 1_000_000, { default: 30, infinite: true }),
  importance: Field.number(0, 1_000_000, { default: 150, infinite: true }),
  maxWait: Field.duration({ default: 10_000, minimum: 0 })
} satisfies For<Options>

const system =
  "Draw the lessons for next time from what happened: each a sentence that stands alone, on a line of its own, or none."
const maxTokens = 120
const hour = 3_600_000
const minute = 60_000

// Enough to see what recurs.
const recalled = 12

/** Draws lessons from what happens. */
export interface Reflector {
  /** Reflects if it is worth a call and the gate has room for it; returns the lessons. */
  readonly reflect: (client: ModelClient, episode: Episode) => Effect.Effect<ReadonlyArray<string>, GateClosing>
}

const lessonsOf = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s+/, "").trim())
    .filter((line) => line !== "" && !/^none\b/i.test(line))

const weigh = ({ completed, rejections }: Episode): number => 1 + 3 * rejections.length + (completed ? 0 : 5)

/**
 * Makes a reflector, for one agent or for all that learn from each other.
 *
 * @example
 * const job = Job.make({ goal: "Greet.", task: "Greet Ada.", result: Schema.Struct({ greeting: Schema.String }) })
 * const rejections = ["Greet by name."]
 *
 * const program = Effect.gen(function* () {
 *   const reflector = yield* Reflect.make({ perHour: 10 })
 *   const client = yield* ModelClient.make("ada")
 *   return yield* reflector.reflect(client, { job, completed: true, observations: ["Not accepted: Greet by name."], rejections })
 * })
 *
 * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
 * const lessons = await Effect.runPromise(VirtualTime.run(Effect.provide(program, model)))
 */
export const make = Effect.fnUntraced(function* (options: Options = {}): Effect.fn.Return<Reflector> {
  const { after, importance, maxWait, perHour } = yield* Effect.orDie(decode(fields, options))
  const clock = yield* Time.now
  const stats = yield* Stats.section(JobStats.section)
  const overloaded = yield* isOverloaded
  const tools = yield* noTools
  const seen = new Lru<string, true>(500)
  const events: Array<string> = []
  const times: Array<number> = []
  let weight = 0

  /** What to reflect on; nothing if it is not worth it. */
  const subject = (episode: Episode): ReadonlyArray<string> => {
    weight += weigh(episode)
    events.push(...episode.rejections.map((reason) => `${episode.job.goal} Not accepted: ${reason}`))
    events.splice(0, events.length - recalled)
    if (after === "job" || episode.rejections.some((reason) => seen.get(reason) === undefined))
      return episode.observations
    return weight < importance ? [] : events
  }

  const hasRoom = Effect.gen(function* () {
    const now = clock()
    while (times.length > 0 && times[0]! <= now - hour) times.shift()
    if (times.length >= perHour) return false
    const end = now + maxWait
    while (yield* overloaded) {
      if (clock() >= end) return false
      yield* Effect.sleep("1 second")
    }
    return true
  })

  const skipped = (episode: Episode) =>
    Effect.sync(() => {
      for (const reason of episode.rejections) seen.delete(reason)
      stats.onReflectionSkipped()
      return []
    })

  return {
    reflect: Effect.fnUntraced(function* (client, episode) {
      const about = subject(episode)
      if (about.length === 0) return []
      // At once, so that no other agent reflects on the same.
      for (const reason of episode.rejections) seen.set(reason, true)
      return yield* Effect.gen(function* () {
        if (!(yield* hasRoom)) return yield* skipped(episode)
        times.push(clock())
        weight = 0
        const prompt = Prompt.make([
          { role: "system", content: system },
          { role: "user", content: about.join("\n") }
        ])
        const { text } = yield* client.ask({
          purpose: "reflect",
          prompt,
          tools,
          maxTokens,
          deadlineAt: clock() + minute
        })
        return lessonsOf(text)
      }).pipe(
        Effect.catchTag("Unanswered", () => skipped(episode)),
        Effect.onInterrupt(() => skipped(episode))
      )
    })
  }
})
