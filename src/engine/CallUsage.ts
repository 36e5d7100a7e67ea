import { Effect } from "effect"
import { type Call, outer } from "../Call.ts"
import type { TokenUsage } from "../TokenUsage.ts"
import { EffectCall } from "./EffectCall.ts"

/** Notes what the attempt that runs in this context took, for policies that learn from it. */
export const note = ({ completion, prompt }: TokenUsage): Effect.Effect<void> =>
  Effect.map(EffectCall.current, (current) => {
    let call: Call | undefined = current instanceof EffectCall ? current : undefined
    for (; call !== undefined; call = call.options[outer]) call.usage = { prompt, completion }
  })
