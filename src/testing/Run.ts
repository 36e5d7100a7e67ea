import { Context, Duration, Effect, type Fiber, Layer, Option, Random, References } from "effect"
import { TestClock } from "effect/testing"
import { type CallOptions, ResolvedOptions } from "../Call.ts"
import { Gate } from "../Gate.ts"
import { Stats } from "../Stats.ts"
import { StreamProgress } from "../StreamProgress.ts"
import type { Limits } from "./Guarantees.ts"
import { type Interrupter, interrupter } from "./Interruption.ts"
import { forkCall, interruptCalls, type Law, type Trial, type Violations } from "./Law.ts"
import { type ObservedCall, Observer, type Work } from "./Observer.ts"
import { type Call, defaultYieldEvery, type Scenario } from "./Scenario.ts"
import { TestScheduler } from "./TestScheduler.ts"

/** The time that a call of the kind `slowAbort` takes to stop, in milliseconds. */
export const abortDelay = 250

const chunks = (progress: StreamProgress | undefined, count: number) =>
  Effect.repeat(
    Effect.andThen(
      Effect.sync(() => progress?.onChunk()),
      Effect.sleep(100)
    ),
    { times: count - 1 }
  )

/** The model's work for a call. */
const workOf = ({ duration, kind }: Call, progress: StreamProgress | undefined): Work => {
  const truncated: Work = (attempt) => Effect.andThen(chunks(progress, 1), Effect.fail({ status: 500, attempt }))
  const ending: Work = (attempt) => {
    switch (kind) {
      case "fail":
        return Effect.fail({ status: 500, attempt })
      case "badRequest":
        return Effect.fail({ status: 400, attempt })
      case "flaky":
        return attempt === 1 ? Effect.fail({ status: 503 }) : Effect.succeed({ attempt })
      case "die":
        return Effect.die({ attempt })
      case "hang":
        return Effect.never
      case "interrupt":
        return Effect.interrupt
      case "stream":
        return Effect.as(chunks(progress, 3), { attempt })
      case "flakyTruncated":
        return attempt === 1 ? Effect.fail({ status: 503 }) : truncated(attempt)
      case "truncated":
        return truncated(attempt)
      default:
        return Effect.succeed({ attempt })
    }
  }
  const work: Work = (attempt) =>
    duration === 0 ? ending(attempt) : Effect.andThen(Effect.sleep(duration), ending(attempt))
  return kind === "slowAbort" ? (attempt) => Effect.onInterrupt(work(attempt), () => Effect.sleep(abortDelay)) : work
}

const isStreamed = ({ kind }: Call): boolean => kind === "stream" || kind === "truncated" || kind === "flakyTruncated"

interface StartedCall {
  readonly call: Call
  readonly observed: ObservedCall
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly interrupter: Interrupter
}

const startCall = Effect.fnUntraced(function* (trial: Trial, call: Call) {
  const { observer, optionsOf, pass, planned, scenario } = trial
  const progress = isStreamed(call) ? new StreamProgress() : undefined
  const { caller, deadline, kind, permits, priority, tokens, weight } = call
  const given = { caller: `caller ${caller}`, purpose: kind, permits, priority, tokens, weight }
  const options = optionsOf(deadline === Infinity ? given : { ...given, deadline: Duration.millis(deadline) })
  const index = observer.calls.length
  const cancelled = () => observer.markCancelled(observer.calls[index]!)
  const interrupting = yield* interrupter(call.interruptAtStep, cancelled)
  const around = call.interruptAtStep === Infinity ? undefined : interrupting.around
  const passed = observer.pass(pass, options, workOf(call, progress), { progress, around })
  const fiber = yield* forkCall(trial, Effect.provideService(passed, References.MaxOpsBeforeYield, scenario.yieldEvery))
  const observed = observer.calls[index]!
  planned.set(observed, call)
  return { call, fiber, interrupter: interrupting, observed } satisfies StartedCall
})

const cancel = ({ observer }: Trial, { fiber, observed }: StartedCall) => {
  if (observed.exit !== undefined) return
  observer.markCancelled(observed)
  fiber.interruptUnsafe()
}

/** How long a scenario runs: until no attempt can be at the model any more, or a bounded time. */
const lengthOf = ({ calls }: Scenario, attemptTimeout: number): number => {
  const last = Math.max(0, ...calls.map(({ at, cancelAt }) => (cancelAt === Infinity ? at : cancelAt)))
  return last + (attemptTimeout === Infinity ? 8_000 : Math.min(120_000, attemptTimeout + 6_000))
}

/** The longest time between two checks; it grows, since later less happens. */
const checkInterval = (now: number): number => (now < 4000 ? 100 : now < 10_000 ? 250 : 1000)

/**
 * Makes the calls of a scenario, runs `check` each time every fiber waits for time to pass, and cancels the remaining calls.
 *
 * Returns whether each call reached the step at which it was to be interrupted.
 */
const makeCalls = Effect.fnUntraced(function* <E, R>(trial: Trial, check: Effect.Effect<void, E, R>) {
  const { limits, scenario } = trial
  const { calls, yieldEvery } = scenario
  const started: Array<StartedCall> = []
  const moments = calls.flatMap(({ at, cancelAt }) => [at, cancelAt])
  const end = lengthOf(scenario, limits.attemptTimeout)
  const { log } = trial.observer
  let [now, checkedAt, checkedEntries] = [0, 0, 0]
  while (now <= end) {
    for (const call of calls) if (call.at === now) started.push(yield* startCall(trial, call))
    // A call that is cancelled when it arrives reaches the gate first.
    if (yieldEvery !== defaultYieldEvery) yield* Effect.repeat(Effect.yieldNow, { times: 4 })
    for (const each of started) if (each.call.cancelAt === now) cancel(trial, each)
    if (moments.includes(now)) yield* TestScheduler.settle
    // Without new events only the passing of time can break a law.
    if (log.entries.length > checkedEntries || now >= checkedAt + 500) {
      yield* check
      checkedAt = now
      checkedEntries = log.entries.length
    }
    if (started.length === calls.length && started.every(({ observed }) => observed.exit !== undefined)) break
    const next = Math.min(...moments.filter((moment) => moment > now), now + checkInterval(now))
    yield* TestClock.adjust(next - now)
    now = next
  }
  for (const each of started) cancel(trial, each)
  yield* TestScheduler.settle
  // Longer than any call takes to stop.
  yield* TestClock.adjust("10 seconds")
  return started.every(({ call, interrupter }) => call.interruptAtStep === Infinity || interrupter.reached())
})

/** The stack under test, with its limits and the hook that changes the options of its calls. */
export interface Subject<E, R> {
  readonly layer: Layer.Layer<Gate, E, R>
  readonly limits: Limits
  readonly optionsOf: (options: CallOptions, index: number) => CallOptions
}

/** The result of one run. */
export interface Result {
  /** The first law that was broken. */
  readonly broken: { readonly law: Law; readonly violations: Violations } | undefined
  readonly history: ReadonlyArray<string>
  /** Whether each call that was to be interrupted at a step reached it. */
  readonly reached: boolean
}

/** Fails with the first of the laws that is broken. */
const checkLaws = (laws: ReadonlyArray<Law>, trial: Trial, when: "during" | "after") =>
  Effect.gen(function* () {
    for (const law of laws) {
      const violations = yield* law[when]?.(trial) ?? Effect.succeed([])
      if (violations.length > 0) return yield* Effect.fail({ law, violations })
    }
  })

/** Runs an effect on a clock, a random generator and a scheduler of its own. */
const isolated = <A, E, R>(scenario: Scenario, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Random.withSeed(scenario.seed), Effect.scoped, Effect.provide(TestClock.layer()), TestScheduler.run)

const runOnce = <E, R>({ layer, limits, optionsOf }: Subject<E, R>, laws: ReadonlyArray<Law>, scenario: Scenario) =>
  Effect.gen(function* () {
    // A layer is built once per memo map, and no state may go from one run to the next.
    const context = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), yield* Effect.scope)
    const observer = yield* Observer.make
    let made = 0
    const trial: Trial = {
      scenario,
      limits,
      pass: Context.get(context, Gate).pass,
      stats: Option.getOrUndefined(Context.getOption(context as Context.Context<Gate | Stats>, Stats)),
      observer,
      planned: new Map(),
      fibers: [],
      optionsOf: (options) => ResolvedOptions.of(optionsOf(options, made++))
    }
    let reached = false
    const checked = Effect.gen(function* () {
      reached = yield* makeCalls(trial, checkLaws(laws, trial, "during"))
      yield* checkLaws(laws, trial, "after")
    })
    const ended = Effect.match(checked, { onFailure: (broken) => broken, onSuccess: () => undefined })
    return yield* Effect.map(ended, (broken): Result => ({ broken, history: observer.log.lines, reached })).pipe(
      Effect.ensuring(interruptCalls(trial))
    )
  }).pipe((run) => isolated(scenario, run))

/** Runs a scenario on a new stack and checks the laws; runs it twice if one of them compares two runs. */
export const run = <E, R>(
  subject: Subject<E, R>,
  laws: ReadonlyArray<Law>,
  scenario: Scenario
): Effect.Effect<Result, E, R> =>
  Effect.gen(function* () {
    const first = yield* runOnce(subject, laws, scenario)
    const law = laws.find(({ compare }) => compare !== undefined)
    if (first.broken !== undefined || law === undefined) return first
    const second = yield* runOnce(subject, laws, scenario)
    const violations = law.compare!(first.history, second.history)
    return violations.length > 0 ? { ...first, broken: { law, violations } } : first
  })
