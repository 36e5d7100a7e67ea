import { Effect } from "effect"
import { Prompt } from "effect/ai"
import * as LookupTools from "./LookupTools.ts"
import type { Hand, Opening, Steps } from "./Style.ts"
import type { Closing, Talk, Unanswered } from "./Talk.ts"

const system = "Do the task. Heed the plan and what is known. Reply only JSON."

// A result is short; a model that talks on does not come to the point.
const most = 200

/** What an agent says of a job, in as few words as it needs. */
export const opening = ({ job, known }: Hand, plan: Steps | undefined): Opening => {
  const lines = [
    ...(known === "" ? [] : [`Known:\n${known}`]),
    ...(plan === undefined ? [] : [`Plan: ${plan.steps.join("; ")}`]),
    `Task: ${job.task}`,
    "",
    `JSON: ${job.kind.shape}`
  ]
  const prompt = Prompt.make([
    { role: "system", content: system },
    { role: "user", content: lines.join("\n") }
  ])
  return { prompt, most, format: job.kind.format }
}

/** What came of a conversation. */
export interface Said {
  /** All that was said so far. */
  readonly prompt: Prompt.Prompt
  /** The model's last words. */
  readonly text: string
  /** What tools have found. */
  readonly found: ReadonlyArray<string>
}

// Whoever looks things up without end finds nothing.
const rounds = 5

/** Lets the model talk, and look up what it wants to, until it has said something. */
export const converse = Effect.fnUntraced(function* (
  talk: Talk,
  opening: Opening,
  tools: LookupTools.LookupTools,
  until: number
): Effect.fn.Return<Said, Unanswered | Closing> {
  let { prompt } = opening
  const found: Array<string> = []
  for (let round = 1; ; round++) {
    const reply = yield* talk.ask({ ...opening, purpose: "act", prompt, tools, until })
    prompt = Prompt.concat(prompt, Prompt.fromResponseParts(reply.content))
    found.push(...reply.toolResults.map(({ result }) => JSON.stringify(result)))
    if (reply.toolCalls.length === 0 || round === rounds) return { prompt, text: reply.text, found }
  }
})
