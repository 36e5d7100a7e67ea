import { Effect, Layer, Random } from "effect"
import * as Advice from "../../advice/Advice.ts"
import type { Preset } from "../../config/Preset.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"
import * as Headgate from "../../Headgate.ts"
import { now } from "../../engine/Time.ts"
import { GuardedUpstream } from "../../upstream/GuardedUpstream.ts"
import { SimulatedModel } from "../../simulator/SimulatedModel.ts"
import type { Options } from "../../simulator/model/Options.ts"
import * as UpstreamSimulated from "../../simulator/UpstreamSimulated.ts"
import type { UpstreamRequest } from "../../upstream/Upstream.ts"
import { Stats } from "../../Stats.ts"
import * as VirtualTime from "../../simulator/VirtualTime.ts"

/** A stack, a model and a load. */
export interface Scenario {
  readonly preset: Preset
  /** What stands in place of the preset's. */
  readonly limits: Headgate.Options
  readonly settings: Advice.Settings
  readonly model: Options
  readonly promptTokens: number
  readonly callsPerMinute: number
  readonly minutes: number
  readonly seed: number
}

/** What has come of it. */
export interface Outcome {
  /** The figures when the time was over. */
  readonly snapshot: Snapshot
  readonly advice: Advice.Advice
  /** The figures when the last call had ended, too. */
  readonly closing: Snapshot
}

const minute = 60_000
const encoder = new TextEncoder()
// Four characters are a token, on average.
const word = "tide"

const request = { method: "POST", path: "/chat/completions", headers: {} } as const

const stack = ({ limits, model, preset, seed }: Scenario) =>
  GuardedUpstream.layer.pipe(
    Layer.provide(UpstreamSimulated.layer),
    Layer.provide(SimulatedModel.layer({ ...model, seed })),
    Layer.provideMerge(Headgate.make({ ...limits, preset }))
  )

/** Makes a call at each of the moments that chance has chosen, until the time is over. */
const arrivals = Effect.fnUntraced(function* ({ callsPerMinute, minutes, seed }: Scenario, call: Effect.Effect<void>) {
  const clock = yield* now
  const random = yield* Effect.service(Random.Random).pipe(Random.withSeed(`arrivals ${seed}`))
  const end = clock() + minutes * minute
  let next = clock()
  while (true) {
    next -= (Math.log(1 - random.nextDoubleUnsafe()) * minute) / callsPerMinute
    if (next >= end) break
    yield* Effect.sleep(next - clock())
    yield* Effect.forkScoped(call, { startImmediately: true })
  }
  yield* Effect.sleep(end - clock())
})

/** Sends a request, and waits until its call has ended, however that is. */
const ended = ({ pass }: GuardedUpstream["Service"], request: UpstreamRequest): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const over = () => resume(Effect.void)
    const caller = { onReply: over, onHead: () => {}, onPart: () => true, onEnd: over, onFailure: over }
    const passing = pass({ caller: "simulation" }, request, { whole: true }, caller)
    return Effect.sync(() => passing.abandon())
  })

const script = (scenario: Scenario) =>
  Effect.gen(function* () {
    const upstream = yield* GuardedUpstream
    const { advisors, recent, snapshot, targets } = yield* Stats
    const prompt = `${word} `.repeat(Math.ceil((4 * scenario.promptTokens) / (word.length + 1)))
    let made = 0
    const call = Effect.suspend(() => {
      // The model has one reply to one prompt.
      const messages = [{ role: "user", content: `${prompt}${++made}` }]
      const body = encoder.encode(JSON.stringify({ model: "simulated", messages }))
      return ended(upstream, { ...request, body })
    })

    yield* arrivals(scenario, call)
    const evidence = yield* Effect.all({ advisors, recent, snapshot, targets })
    const advice = Advice.from({ ...evidence, settings: scenario.settings })
    const closing = yield* Effect.repeat(Effect.delay(snapshot, "1 second"), {
      until: ({ requests }) => requests.inFlight === 0
    })
    return { snapshot: evidence.snapshot, advice, closing }
  })

/** Plays a scenario in virtual time: it takes as long as its work, and the same seed gives the same outcome. */
export const play = (scenario: Scenario) =>
  script(scenario).pipe(Effect.provide(stack(scenario)), Effect.scoped, Random.withSeed(scenario.seed), VirtualTime.run)
