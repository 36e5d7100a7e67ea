import { Effect } from "effect"
import type { Call, Route } from "../Call.ts"
import type { TokenUsage } from "../TokenUsage.ts"
import { callsAround, EngineCall } from "./EngineCall.ts"

/** Notes what the attempt of a call took, for policies that learn from it. */
export const noteOn = (current: object | undefined, { completion, prompt }: TokenUsage): void => {
  for (const call of callsAround(current)) call.usage = { prompt, completion }
}

/** Notes what the attempt that runs in this context took. */
export const note = (usage: TokenUsage): Effect.Effect<void> =>
  Effect.map(EngineCall.current, (current) => noteOn(current, usage))

/** Where the attempt goes that a call makes, as a policy around it or around a call further out has chosen. */
export const routeOf = (call: Partial<Call> | undefined): Route | undefined => {
  for (const { route } of callsAround(call)) if (route !== undefined) return route
  return undefined
}
