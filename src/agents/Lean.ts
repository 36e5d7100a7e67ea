import { Effect, Option } from "effect"
import * as Act from "./Act.ts"
import type { Job } from "./job/Job.ts"
import { Memory } from "./Memory.ts"
import * as Naive from "./Naive.ts"
import * as Plan from "./Plan.ts"
import * as Reflect from "./Reflect.ts"
import { situationOf } from "./Situating.ts"
import { type Hand, type Make, Steps, stepsShape, type Story } from "./Style.ts"

export interface Options {
  readonly reflect?: Reflect.Options | undefined
  /** Tokens that memory may take of a prompt, from 0; 80. */
  readonly recall?: number | undefined
}

const aboutOf = ({ kind, task }: Job): string => `${kind.goal} ${task.split("\n", 1)[0]}`

/**
 * The style that spends little: what memory tells is short, plans are used again, and lessons are drawn where something is to
 * be learned. What one agent has planned or learned serves all: it is about the work, and the work is of one house.
 */
export const make = Effect.fnUntraced(function* ({ recall = 80, reflect }: Options = {}): Effect.fn.Return<
  Make,
  never,
  Memory
> {
  const { context, remember } = yield* Memory
  const planner = yield* Plan.make({ answer: Steps })
  const reflector = yield* Reflect.make(reflect)
  const naiveOf = yield* Naive.make

  return (persona, talk) =>
    Effect.sync(() => {
      const naive = naiveOf(persona)
      let planned: Plan.Situation | undefined

      const plan = Effect.fnUntraced(function* (hand: Hand) {
        const situation = yield* situationOf(persona, hand)
        planned = situation
        const plan = yield* planner.plan(talk, situation, hand.until, naive.plan(situation, stepsShape))
        return Option.getOrUndefined(plan)
      })

      const digest = Effect.fnUntraced(function* (story: Story) {
        naive.observe(story)
        if (!story.completed && planned !== undefined) planner.forget(planned)
        const lessons = yield* reflector.reflect(talk, story)
        // A memory that is not stored is remembered all the same.
        yield* Effect.forEach(lessons, (text) => Effect.ignore(remember({ text, kind: "reflection", importance: 8 })))
      })

      return {
        recall: (job) => context(aboutOf(job), recall),
        plan,
        opening: (hand, plan) => ({ ...Act.opening(hand, plan), naive: naive.act(hand, plan) }),
        digest
      }
    })
})
