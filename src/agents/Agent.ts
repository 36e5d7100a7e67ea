import { Duration, Effect } from "effect"
import { Prompt } from "effect/ai"
import * as Time from "../engine/Time.ts"
import * as Act from "./Act.ts"
import type { Job, Verdict } from "./job/Job.ts"
import type { JobFailure } from "./JobStats.ts"
import * as LookupTools from "./LookupTools.ts"
import type { Hand, Persona, Steps, Story, Style } from "./Style.ts"
import type { Closing, Talk } from "./Talk.ts"

export interface Options {
  /** Results that may be handed in for a job, from 1; 3. */
  readonly attempts?: number | undefined
  /** Time for a job, from when it is taken; two minutes. */
  readonly deadline?: Duration.Input | undefined
}

/** How a job ended, and what happened on the way. */
export interface Outcome {
  readonly story: Story
  /** Why it was given up; `undefined` if it was completed. */
  readonly failure: JobFailure | undefined
}

/** Does jobs. */
export interface Agent {
  readonly persona: Persona
  /** Does a job, or gives it up with a reason. */
  readonly work: (job: Job) => Effect.Effect<Outcome, Closing>
  /** Takes in how it went. */
  readonly digest: (story: Story) => Effect.Effect<void, Closing>
}

const judge = ({ check, kind }: Job, reply: string): Effect.Effect<Verdict> =>
  Effect.match(kind.read(reply), { onFailure: () => "There is no result in the reply.", onSuccess: check })

/** The lookups that a plan names, in whatever words; all of them without one. */
const offered = ({ lookups }: Job, plan: Steps | undefined) => {
  if (plan === undefined) return lookups
  const words = [...plan.use, ...plan.steps].join(" ").toLowerCase()
  return lookups.filter(({ name }) => words.includes(name.toLowerCase()))
}

/** Makes an agent that works in a style. */
export const make = Effect.fnUntraced(function* (
  persona: Persona,
  talk: Talk,
  style: Style,
  { attempts = 3, deadline = "2 minutes" }: Options
): Effect.fn.Return<Agent> {
  const clock = yield* Time.now
  const span = Duration.toMillis(Duration.fromInputUnsafe(deadline))

  const tries = Effect.fnUntraced(function* (hand: Hand, observations: Array<string>, refusals: Array<string>) {
    const { job, until } = hand
    const plan = yield* style.plan(hand)
    let tools = yield* LookupTools.make(offered(job, plan))
    let opening = style.opening(hand, plan)
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { found, prompt, text } = yield* Act.converse(talk, opening, tools, until)
      observations.push(...found)
      const verdict = yield* judge(job, text)
      if (verdict === undefined) return undefined
      refusals.push(verdict)
      observations.push(`Not accepted: ${verdict}`)
      // What the plan left out may be what is missing.
      tools = yield* LookupTools.make(job.lookups)
      opening = { ...opening, prompt: Prompt.concat(prompt, `Not accepted: ${verdict}\nTry again.`) }
    }
    return "wrong" as const
  })

  const work = Effect.fn("Agent.work")(function* (job: Job) {
    yield* Effect.annotateCurrentSpan({ agent: persona.name, job: job.serial, kind: job.kind.name })
    const observations = [job.task.replaceAll("\n", " ")]
    const refusals: Array<string> = []
    const hand = { job, until: clock() + span, known: yield* style.recall(job) }
    const failure: JobFailure | undefined = yield* tries(hand, observations, refusals).pipe(
      Effect.catchTag("Unanswered", (error) => Effect.succeed(error.failure))
    )
    observations.push(failure === undefined ? "The result was accepted." : "The job failed.")
    return { failure, story: { job, completed: failure === undefined, observations, refusals } }
  })

  return { persona, work, digest: style.digest }
})
