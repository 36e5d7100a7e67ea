import { Effect, Exit, Layer, Schema, Scope } from "effect"
import type { AiError } from "effect/ai"
import { TestClock } from "effect/testing"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import * as Demo from "../../src/demo/Demo.ts"
import * as Kind from "../../src/demo/Kind.ts"
import { Memory } from "../../src/agents/Memory.ts"
import { Stats } from "../../src/Stats.ts"
import { type Heard, type Says, scripted } from "./scripted.ts"

/** A job that is done by saying yes. */
export const yes = Kind.make({
  name: "yes",
  goal: "Say yes.",
  result: Schema.Struct({ yes: Schema.Boolean }),
  make: () => ({ task: "Say yes.", check: ({ yes }) => (yes ? undefined : "Say yes and nothing else.") })
})

export type Model = (heard: Heard, call: number) => Effect.Effect<Says, AiError.AiError>

/** What an agent wants to hear: a plan, a lesson or a yes. */
export const obedient = ({ texts: [first = ""] }: Heard): string => {
  if (first.startsWith("Plan")) return '{"steps":["say it"],"use":[]}'
  return first.startsWith("Draw") ? "none" : '{"yes":true}'
}

/** A model that does as it is told, after some milliseconds. */
export const after =
  (millis: number): Model =>
  (heard) =>
    Effect.as(Effect.sleep(millis), obedient(heard))

/** Runs a population for some time, and tells the figures, the jobs left on the board, and the calls of the busiest agent. */
export const lives = Effect.fnUntraced(
  function* (model: Model, options: Partial<Demo.Options>, time: number) {
    const queue = yield* JobQueue.make
    const scope = yield* Scope.make()
    const calls = new Map<string, number>()
    const counted: Model = (heard, call) => {
      const { caller = "" } = heard.options
      calls.set(caller, (calls.get(caller) ?? 0) + 1)
      return model(heard, call)
    }
    const context = yield* Layer.build(Layer.merge(scripted(counted), Memory.layer))
    yield* Demo.run(queue, { size: 2, jobsPerMinute: 60, kinds: [yes], ...options }).pipe(
      Effect.provideContext(context),
      Scope.provide(scope)
    )
    yield* TestClock.adjust(time)
    const { jobs } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
    yield* Scope.close(scope, Exit.void)
    return { ...jobs, left: queue.size, most: Math.max(...calls.values()) }
  },
  Effect.scoped,
  (effect) => Effect.provide(effect, Stats.layer)
)
