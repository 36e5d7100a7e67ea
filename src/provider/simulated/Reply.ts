import { Effect, Hash, Random } from "effect"
import { type ChatRequest, maxTokens, textOf } from "./ChatRequest.ts"
import type { Settings } from "./Options.ts"
import * as Text from "./Text.ts"
import * as Tokens from "./Tokens.ts"

/** What the model is going to say, token by token. */
export interface Reply {
  readonly tokens: ReadonlyArray<string>
  readonly finishReason: "stop" | "length"
}

// A log-normal length: most replies are somewhat shorter than the mean, a few are much longer.
const lengthOf = (mean: number, spread: number, random: () => number): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.min(10 * mean, mean * Math.exp(spread * normal - (spread * spread) / 2))
}

const write = (settings: Settings, request: ChatRequest, random: () => number): Reply => {
  const texts = request.messages.map(textOf)
  const kind = Text.kindOf(texts)
  const length = lengthOf(settings.replyTokens[kind], settings.spread, random)
  const about = request.messages.findLast(({ role }) => role === "user") ?? request.messages.at(-1)!
  const tokens = Tokens.split(Text.write(kind, textOf(about), 4 * length, random))
  const most = maxTokens(request)
  return tokens.length > most
    ? { tokens: tokens.slice(0, most), finishReason: "length" }
    : { tokens, finishReason: "stop" }
}

/** Makes up a reply; the same seed and messages give the same one. */
export const make = (settings: Settings, request: ChatRequest): Effect.Effect<Reply> =>
  Effect.service(Random.Random).pipe(
    Effect.map((random) => write(settings, request, () => random.nextDoubleUnsafe())),
    Random.withSeed(Hash.string(JSON.stringify([settings.seed, request.messages])))
  )
