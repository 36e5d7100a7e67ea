import { Duration, Effect } from "effect"
import { Prompt } from "effect/ai"
import { Lru } from "../engine/Lru.ts"
import * as Time from "../engine/Time.ts"
import { Stats } from "../Stats.ts"
import { JobStats } from "./JobStats.ts"
import * as LookupTools from "./LookupTools.ts"
import * as Pressure from "./Pressure.ts"
import type { Story } from "./Style.ts"
import type { Closing, Talk } from "./Talk.ts"

export interface Options {
  /** When to reflect: after what is new or has added up, or after every job; `surprise`. */
  readonly after?: "surprise" | "job" | undefined
  /** Most reflections in an hour, from 0; 30. */
  readonly perHour?: number | undefined
  /** What has to add up for a reflection without a surprise: a job counts 1, a result not accepted 3, a failure 5; 150. */
  readonly importance?: number | undefined
  /** How long to wait for the gate to have room; 10 s. */
  readonly patience?: Duration.Input | undefined
}

const system =
  "Draw the lessons for next time from what happened: each a sentence that stands alone, on a line of its own, or none."
const most = 120
const hour = 3_600_000
const minute = 60_000

// Enough to see what recurs.
const recalled = 12

/** Draws lessons from what happens. */
export interface Reflector {
  /** Reflects if that is worth a call and the gate has room for one; the lessons that were drawn. */
  readonly reflect: (talk: Talk, story: Story) => Effect.Effect<ReadonlyArray<string>, Closing>
}

const lessonsOf = (text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s+/, "").trim())
    .filter((line) => line !== "" && !/^none\b/i.test(line))

const weigh = ({ completed, refusals }: Story): number => 1 + 3 * refusals.length + (completed ? 0 : 5)

/** Makes a reflector, for one agent or for all that learn from each other. */
export const make = Effect.fnUntraced(function* ({
  after = "surprise",
  importance = 150,
  patience = "10 seconds",
  perHour = 30
}: Options = {}): Effect.fn.Return<Reflector> {
  const clock = yield* Time.now
  const stats = yield* Stats.section(JobStats.section)
  const isPressed = yield* Pressure.make
  const tools = yield* LookupTools.none
  const seen = new Lru<string, true>(500)
  const events: Array<string> = []
  const times: Array<number> = []
  let weight = 0

  /** What to reflect on; nothing if it is not worth it. */
  const subject = (story: Story): ReadonlyArray<string> => {
    weight += weigh(story)
    events.push(...story.refusals.map((refusal) => `${story.job.kind.goal} Not accepted: ${refusal}`))
    events.splice(0, events.length - recalled)
    if (after === "job" || story.refusals.some((refusal) => seen.get(refusal) === undefined)) return story.observations
    return weight < importance ? [] : events
  }

  const hasRoom = Effect.gen(function* () {
    const now = clock()
    while (times.length > 0 && times[0]! <= now - hour) times.shift()
    if (times.length >= perHour) return false
    const end = now + Duration.toMillis(Duration.fromInputUnsafe(patience))
    while (yield* isPressed) {
      if (clock() >= end) return false
      yield* Effect.sleep("1 second")
    }
    return true
  })

  const skipped = (story: Story) =>
    Effect.sync(() => {
      for (const refusal of story.refusals) seen.delete(refusal)
      stats.onReflectionSkipped()
      return []
    })

  return {
    reflect: Effect.fnUntraced(function* (talk, story) {
      const about = subject(story)
      if (about.length === 0) return []
      // At once, so that nobody else reflects on the same.
      for (const refusal of story.refusals) seen.set(refusal, true)
      return yield* Effect.gen(function* () {
        if (!(yield* hasRoom)) return yield* skipped(story)
        times.push(clock())
        weight = 0
        const prompt = Prompt.make([
          { role: "system", content: system },
          { role: "user", content: about.join("\n") }
        ])
        const { text } = yield* talk.ask({ purpose: "reflect", prompt, tools, most, until: clock() + minute })
        return lessonsOf(text)
      }).pipe(
        Effect.catchTag("Unanswered", () => skipped(story)),
        Effect.onInterrupt(() => skipped(story))
      )
    })
  }
})
