import { Option, Schema } from "effect"
import * as Json from "./Json.ts"
import type { UpstreamReply } from "./Upstream.ts"

const Tokens = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Counted = Schema.Struct({
  usage: Schema.Union([
    Schema.Struct({ prompt_tokens: Tokens, completion_tokens: Schema.optional(Tokens) }),
    Schema.Struct({ input_tokens: Tokens, output_tokens: Schema.optional(Tokens) })
  ])
})

const decode = Schema.decodeUnknownOption(Counted)

/** The tokens a reply says it took; `undefined` if it does not say. */
export const usageOf = (reply: UpstreamReply): { readonly prompt: number; readonly completion: number } | undefined => {
  const { "content-encoding": encoding, "content-type": type = "" } = reply.headers
  if (!type.includes("json") || (encoding ?? "identity") !== "identity") return undefined
  const counted = Option.getOrUndefined(decode(Json.parse(reply.body)))
  if (counted === undefined) return undefined
  const { usage } = counted
  return "prompt_tokens" in usage
    ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens ?? 0 }
    : { prompt: usage.input_tokens, completion: usage.output_tokens ?? 0 }
}
