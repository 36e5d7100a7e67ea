import { Effect, Random } from "effect"
import { now } from "../../engine/Time.ts"
import { Stats } from "../../Stats.ts"
import type { Settings } from "../model/Options.ts"
import { Agents } from "./Agents.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Calls from "./Calls.ts"
import type { Load } from "./Load.ts"
import { Tally } from "./Tally.ts"

/** A load, the model, and how long; times are milliseconds. */
export interface World {
  readonly load: Load
  readonly model: Settings
  readonly duration: number
  readonly warmUp: number
  readonly seed: number | string
}

// Where no limit ends calls that hang, they would never end.
const longestEnd = "1 hour"

const randomOf = (seed: string) =>
  Effect.service(Random.Random).pipe(
    Random.withSeed(seed),
    Effect.map((random) => () => random.nextDoubleUnsafe())
  )

/** Lets each thing come at its moment, and returns when the time is over. */
const paced = Effect.fnUntraced(function* <A>(
  things: Iterable<A>,
  momentOf: (thing: A) => number,
  duration: number,
  come: (thing: A) => Effect.Effect<unknown>,
  onProgress: (share: number) => void
) {
  const clock = yield* now
  const start = clock()
  for (const thing of things) {
    const wait = start + momentOf(thing) - clock()
    if (wait > 0) yield* Effect.sleep(wait)
    onProgress(momentOf(thing) / duration)
    yield* come(thing)
  }
  yield* Effect.sleep(Math.max(0, start + duration - clock()))
})

const script = Effect.fnUntraced(function* (
  { duration, load, model, seed, warmUp }: World,
  tally: Tally,
  onProgress: (share: number) => void
) {
  const { advisors, onEvent, recent, snapshot, targets } = yield* Stats
  onEvent(tally.onEvent)
  const make = yield* Calls.maker(model, tally)
  const running = new Calls.Running(yield* Effect.scope)
  const draws = { when: yield* randomOf(`when ${seed}`), what: yield* randomOf(`what ${seed}`), end: duration }
  yield* Effect.forkScoped(
    Effect.andThen(
      Effect.sleep(warmUp),
      Effect.sync(() => tally.begin())
    )
  )
  if (load.kind === "agents") {
    const agents = new Agents(load, make, running, tally, yield* now, yield* randomOf(`pauses ${seed}`))
    const jobs = Arrivals.jobs(load, model, draws)
    yield* paced(
      jobs,
      ({ createdAt }) => createdAt,
      duration,
      (job) => agents.add(job),
      onProgress
    )
  } else {
    const calls = Arrivals.calls(load, model, draws)
    yield* paced(
      calls,
      ({ at }) => at,
      duration,
      (call) => running.fork(make(call)),
      onProgress
    )
  }
  tally.finish()
  const evidence = yield* Effect.all({ advisors, recent, snapshot, targets })
  yield* Effect.timeoutOption(running.close, longestEnd)
  return evidence
})

/** Plays a load at a gate, and returns what was observed. */
export const play = (world: World, onProgress: (share: number) => void) =>
  Effect.gen(function* () {
    const tally = new Tally(yield* now, world.warmUp, world.duration)
    // Calls that have no end of their own end with the scope.
    const evidence = yield* Effect.scoped(script(world, tally, onProgress))
    return { evidence, tally }
  })
