import { Clock, Effect, Random, type Scope } from "effect"
import type { ModelError } from "../../ai/ModelError.ts"
import type { Engine, Generation } from "./Engine.ts"
import * as Failures from "./Failures.ts"
import * as Models from "./Models.ts"
import type { Settings } from "./Options.ts"

/** What is asked of the engine. */
export interface Effort {
  readonly model: string
  /** Tokens of the prompt. */
  readonly prompt: number
  /** Tokens of the longest reply. */
  readonly tokens: number
  /** Replies written side by side. */
  readonly width: number
  readonly streamed: boolean
}

/** A request that the model has taken in. */
export interface Begun {
  /** Names the request among all of them. */
  readonly serial: string
  /** When it came, in seconds since 1970. */
  readonly created: number
  readonly generation: Generation
}

/** Takes requests in, with the faults drawn for them. */
export type Begin = (effort: Effort) => Effect.Effect<Begun, ModelError, Scope.Scope>

const timingOf = (settings: Settings, { model, prompt, tokens, width }: Effort) => {
  const { fixedLatency, firstToken, perPromptToken, slowdown, tokensPerSecond } = settings
  if (fixedLatency !== undefined) return { first: fixedLatency / tokens, step: fixedLatency / tokens }
  const speed = Models.speedOf(model)
  const slower = 1 + slowdown * (width - 1)
  return {
    first: (firstToken + perPromptToken * prompt) / speed,
    step: (1000 / (tokensPerSecond * speed)) * slower
  }
}

/** Makes a door to an engine. */
export const make = Effect.fnUntraced(function* (settings: Settings, engine: Engine) {
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(settings.seed))
  let begun = 0

  const faultOf = ({ streamed, tokens }: Effort) => {
    const hangs = random.nextDoubleUnsafe() < settings.hangRate
    if (random.nextDoubleUnsafe() < settings.errorRate) return { hangs, failure: Failures.serverError() }
    if (!streamed || tokens < 2 || random.nextDoubleUnsafe() >= settings.breakRate) return { hangs, failure: undefined }
    return { hangs, failure: Failures.brokenOff(), failsAt: 2 + Math.floor(random.nextDoubleUnsafe() * (tokens - 1)) }
  }

  const begin: Begin = Effect.fnUntraced(function* (effort) {
    const serial = String(++begun).padStart(9, "0")
    const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const work = { ...timingOf(settings, effort), tokens: effort.tokens, ...faultOf(effort) }
    return { serial, created, generation: yield* engine.begin(work) }
  })
  return begin
})
