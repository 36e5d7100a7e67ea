import { Effect, Layer } from "effect"
import { Attempt } from "../../src/engine/Attempt.ts"
import { EngineCall } from "../../src/engine/EngineCall.ts"
import type { Gate } from "../../src/Gate.ts"
import * as Retry from "../../src/policy/Retry/Retry.ts"
import * as Timeout from "../../src/policy/Timeout/Timeout.ts"

/** Gives an attempt up after ten seconds, and makes another half a second later at most. */
export const givingUp: Layer.Layer<Gate, never, Gate> = Retry.layer({ maxRetries: 1, isTransient: () => true }).pipe(
  Layer.provide(Timeout.layer({ timeout: "10 seconds" })),
  Layer.orDie
)

/** Work whose first attempt goes on after it was given up, until it settles; the second takes eight seconds. */
export const outliving = () => {
  const abandoned = new Attempt()
  let attempts = 0
  const work = Effect.flatMap(EngineCall.current, (call) => {
    if (++attempts > 1) return Effect.sleep("8 seconds")
    if (call instanceof EngineCall) call.track(abandoned)
    return Effect.never
  })
  return { abandoned, work }
}
