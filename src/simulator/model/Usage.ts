import { Schema } from "effect"
import * as Reply from "./Reply.ts"

/** The tokens a reply took, as an endpoint bills them. */
export const Usage = Schema.Struct({
  prompt_tokens: Schema.Int,
  completion_tokens: Schema.Int,
  total_tokens: Schema.Int
})
export type Usage = typeof Usage.Type

/** Bills a prompt once, and each reply to it. */
export const of = (prompt: number, replies: ReadonlyArray<Reply.Reply>): Usage => {
  const completion = replies.reduce((sum, reply) => sum + Reply.lengthOf(reply), 0)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}
