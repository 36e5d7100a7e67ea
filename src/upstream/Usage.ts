import { Option, Schema } from "effect"
import * as Json from "./Json.ts"
import type { UpstreamReply } from "./Upstream.ts"

/** The tokens that a call took. */
export interface Usage {
  readonly prompt: number
  readonly completion: number
}

const Tokens = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Counted = Schema.Struct({
  usage: Schema.Union([
    Schema.Struct({ prompt_tokens: Tokens, completion_tokens: Schema.optional(Tokens) }),
    Schema.Struct({ input_tokens: Tokens, output_tokens: Schema.optional(Tokens) })
  ])
})

const decode = Schema.decodeUnknownOption(Counted)

/** The tokens that the `usage` of a value tells of; `undefined` if it does not. */
export const usageIn = (value: unknown): Usage | undefined => {
  const counted = Option.getOrUndefined(decode(value))
  if (counted === undefined) return undefined
  const { usage } = counted
  return "prompt_tokens" in usage
    ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens ?? 0 }
    : { prompt: usage.input_tokens, completion: usage.output_tokens ?? 0 }
}

/** The tokens a reply says it took; `undefined` if it does not say. */
export const usageOf = (reply: UpstreamReply): Usage | undefined => {
  const { "content-encoding": encoding, "content-type": type = "" } = reply.headers
  if (!type.includes("json") || (encoding ?? "identity") !== "identity") return undefined
  return usageIn(Json.parse(reply.body))
}
