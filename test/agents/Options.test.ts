import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Agent from "../../src/agents/Agent.ts"
import * as Job from "../../src/agents/Job.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import { Memory } from "../../src/agents/Memory.ts"
import * as Plan from "../../src/agents/Plan.ts"
import * as Population from "../../src/agents/Population.ts"
import * as Reflect from "../../src/agents/Reflect.ts"
import { InvalidOptions } from "../../src/config/InvalidOptions.ts"
import * as SimulatedLanguageModel from "../../src/simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"

const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer()))
const result = Schema.Struct({ total: Schema.Finite })
const job = { goal: "Restock nails.", task: "Order 40 nails.", result }

/** The message of a defect, which is `InvalidOptions`. */
const messageOf = <R>(effect: Effect.Effect<unknown, unknown, R>): Effect.Effect<string, never, R> =>
  effect.pipe(
    Effect.as<unknown>(undefined),
    Effect.catchDefect(Effect.succeed),
    Effect.orDie,
    Effect.map((error) => {
      assert.instanceOf(error, InvalidOptions)
      return String(error)
    })
  )

describe("wrong options of agents", () => {
  it.effect.each<[object, ...ReadonlyArray<string>]>([
    [{}, "goal is missing", "task is missing", "result is missing: an Effect Schema"],
    [{ ...job, task: 5 }, "task=5 is not allowed: a text"],
    [{ ...job, result: { total: 1 } }, "result="],
    [{ ...job, check: "even" }, 'check="even" is not allowed: a function'],
    [{ ...job, limits: "At most 5." }, "limits="],
    [{ ...job, limits: [5] }, "limits[0]=5"],
    [{ ...job, lookups: [{ name: "age" }] }, "lookups[0]="],
    [{ ...job, limit: [] }, "limit=", "did you mean limits?"]
  ])("a job that cannot be made says why", ([options, ...named]) =>
    Effect.gen(function* () {
      const message = yield* messageOf(Effect.sync(() => Job.make(options as Job.Options<unknown>)))

      for (const part of named) assert.include(message, part)
    })
  )

  it.effect.each<[object, string]>([
    [{ text: "Rain.", keys: "weather" }, "did you mean key?"],
    [{ text: "Rain.", when: 5 }, "when=5 is not allowed: there is no option of this name"],
    [{ text: ["Rain."] }, 'text=["Rain."] is not allowed: a text'],
    [{ text: "Rain.", importance: Number.NaN }, "importance=NaN is not allowed: a number from 1 to 10"]
  ])("an entry with an unknown name or a wrong value is refused", ([entry, named]) =>
    Effect.gen(function* () {
      const memory = yield* Memory

      assert.include(yield* messageOf(memory.remember(entry as { text: string })), named)
      assert.deepStrictEqual(yield* memory.list, [])
    }).pipe(Effect.provide(Memory.layer))
  )

  it.effect("an agent, a planner and a reflector name the value that is not a number in range", () =>
    Effect.gen(function* () {
      const persona = { name: "bo", role: "host" }
      const agentOf = (options: Agent.Options) =>
        messageOf(Effect.provide(Agent.make(persona, options), Layer.merge(model, Memory.layer)))

      assert.include(yield* agentOf({ attempts: Number.NaN }), "attempts=NaN is not allowed: a whole number from 1")
      assert.include(yield* agentOf({ deadline: Number.NaN }), "deadline=NaN is not allowed: a duration")
      assert.include(yield* messageOf(Plan.make({ answer: result, kept: Number.NaN })), "kept=NaN")
      assert.include(yield* messageOf(Reflect.make({ perHour: Number.NaN })), "perHour=NaN")
    })
  )

  it.effect.each<[object, string]>([
    [{ attempt: 2 }, "did you mean attempts?"],
    [{ recal: 90 }, "did you mean recall?"],
    [{ recall: -1 }, "recall=-1 is not allowed: a whole number from 0"],
    [{ baseline: {} }, "baseline={} is not allowed: a function"],
    [{ reflect: { perhour: 5 } }, "did you mean reflect.perHour?"],
    [{ reflect: "job" }, 'reflect="job" is not allowed: an object of options'],
    [{ timeout: "1 minute" }, "there is no option of this name; the options are"]
  ])("an agent and a population with an unknown name or a wrong value are refused", ([options, named]) =>
    Effect.gen(function* () {
      const agent = Agent.make({ name: "bo", role: "host" }, options)
      const population = Population.run(yield* JobQueue.make, { ...options, size: 1 })

      assert.include(yield* messageOf(agent), named)
      assert.include(yield* messageOf(population), named)
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(model, Memory.layer)))
  )

  it.effect.each<[object, string]>([
    [{ answer: result, maxTokns: 50 }, "did you mean maxTokens?"],
    [{ answer: result, schema: result }, "there is no option of this name; the options are answer, maxTokens, kept"],
    [{ anwser: result }, "did you mean answer?"],
    [{ answer: { total: 1 } }, "is not allowed: an Effect Schema"]
  ])("a planner with an unknown name or without a schema is refused", ([options, named]) =>
    Effect.gen(function* () {
      assert.include(yield* messageOf(Plan.make(options as Plan.Options<unknown>)), named)
    })
  )
})
