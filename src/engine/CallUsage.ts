import { Effect } from "effect"
import { type Call, outer } from "../Call.ts"
import type { TokenUsage } from "../TokenUsage.ts"
import { EffectCall } from "./EffectCall.ts"
import { EngineCall } from "./EngineCall.ts"

/** Notes what the attempt of a call took, for policies that learn from it. */
export const noteOn = (current: object | undefined, { completion, prompt }: TokenUsage): void => {
  let call: Call | undefined = current instanceof EngineCall ? current : undefined
  for (; call !== undefined; call = call.options[outer]) call.usage = { prompt, completion }
}

/** Notes what the attempt that runs in this context took. */
export const note = (usage: TokenUsage): Effect.Effect<void> =>
  Effect.map(EffectCall.current, (current) => noteOn(current, usage))
