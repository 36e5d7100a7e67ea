import { Clock, Effect, Option, Random, type Scope, Stream } from "effect"
import * as Time from "../../engine/Time.ts"
import type { ModelError } from "../../ai/ModelError.ts"
import type { Engine, Generation } from "./Engine.ts"
import type { Settings } from "./Options.ts"
import * as Failures from "./Failures.ts"
import { conditionAt } from "./Incident.ts"
import * as Models from "./Models.ts"

// A reader that comes late finds many tokens out: it still takes them in pages, so that little is held for it.
const page = 32

/** Streams what each token brings, as the tokens come out and at the reader's pace; they count from 1. */
export const streamParts = <A>(
  { produced }: Generation,
  tokens: number,
  brings: (token: number) => ReadonlyArray<A>
): Stream.Stream<A, ModelError> =>
  Stream.paginate(0, (sent) =>
    Effect.map(produced(sent + 1), (out) => {
      const upTo = Math.min(out, tokens, sent + page)
      const parts = Array.from({ length: upTo - sent }, (_, i) => brings(sent + 1 + i)).flat()
      return [parts, upTo < tokens ? Option.some(upTo) : Option.none()] as const
    })
  )

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
export interface Accepted {
  /** Names the request among all of them. */
  readonly serial: string
  /** When it came, in seconds since 1970. */
  readonly created: number
  readonly generation: Generation
}

/** Takes requests in, with the faults drawn for them. */
export type Accept = (effort: Effort) => Effect.Effect<Accepted, ModelError, Scope.Scope>

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
  const now = yield* Time.now
  const start = now()
  let accepted = 0

  const errorRate = () => Math.max(settings.errorRate, conditionAt(settings.incidents, now() - start).failing)

  const faultOf = ({ streamed, tokens }: Effort) => {
    const hangs = random.nextDoubleUnsafe() < settings.hangRate
    if (random.nextDoubleUnsafe() < errorRate()) return { hangs, failure: Failures.serverError() }
    if (!streamed || tokens < 2 || random.nextDoubleUnsafe() >= settings.breakRate) return { hangs, failure: undefined }
    return { hangs, failure: Failures.brokenOff(), failsAt: 2 + Math.floor(random.nextDoubleUnsafe() * (tokens - 1)) }
  }

  const accept: Accept = Effect.fnUntraced(function* (effort) {
    const serial = String(++accepted).padStart(9, "0")
    const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const work = { ...timingOf(settings, effort), tokens: effort.tokens, prompt: effort.prompt, ...faultOf(effort) }
    return { serial, created, generation: yield* engine.begin(work) }
  })
  return accept
})
