import { Effect, Fiber, References, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import { Ask } from "../../src/domain/Ask.ts"
import { Gate } from "../../src/Gate.ts"
import { Observer, type Work } from "./observer.ts"

/** A call to be made: when, what becomes of it at the model, and when its caller leaves. Times are in steps. */
export interface Plan {
  readonly at: number
  readonly kind: "succeed" | "fail" | "wrong" | "flaky" | "die" | "hang" | "interrupt"
  readonly takes: number
  readonly leaves: number
  readonly caller: number
  readonly priority: number
  readonly weight: number
  readonly permits: number
}

/** Milliseconds of a step. */
export const step = 100
export const seconds = (count: number) => (count * 1000) / step

const upTo = (maximum: number) => Arbitrary.schema(Schema.Natural.check(Schema.isBetween({ minimum: 0, maximum })))
const kinds = ["succeed", "succeed", "fail", "fail", "wrong", "flaky", "die", "hang", "interrupt"] as const
const among = <A>(values: ReadonlyArray<A>) => Arbitrary.map(upTo(values.length - 1), (i) => values[i]!)

/** Random loads of a few seconds. */
export const Plans: Arbitrary.Arbitrary<Array<Plan>> = Arbitrary.array(
  Arbitrary.all({
    at: among([0, 0, 0, 1, 1, 2, 3, 5, 8, 10, 10, 11, 13, 16, 20, 25, 30]),
    kind: among(kinds),
    takes: upTo(20),
    leaves: among([Infinity, Infinity, Infinity, Infinity, 0, 1, 3, 10, 25]),
    caller: upTo(3),
    priority: upTo(3),
    weight: among([1, 1, 3, 0.5]),
    permits: among([1, 1, 1, 2, 3])
  }),
  // Long from the first run on: a short load hardly ever makes anybody wait.
  { minLength: 25, maxLength: 50 }
)

/** Operations between two yields; the usual number, and so few that calls interleave everywhere. */
export const Rhythms = among([2048, 2048, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])

const endings: Record<Plan["kind"], Work> = {
  succeed: (attempt) => Effect.succeed({ attempt }),
  fail: (attempt) => Effect.fail({ status: 500, attempt }),
  wrong: (attempt) => Effect.fail({ status: 400, attempt }),
  flaky: (attempt) => (attempt === 1 ? Effect.fail({ status: 503 }) : Effect.succeed({ attempt })),
  die: (attempt) => Effect.die({ attempt }),
  hang: () => Effect.never,
  interrupt: () => Effect.interrupt
}

const work =
  ({ kind, takes }: Plan): Work =>
  (attempt) =>
    takes === 0 ? endings[kind](attempt) : Effect.andThen(Effect.sleep(takes * step), endings[kind](attempt))

/** Lets every fiber that can run do so, however often it yields. */
export const settle = (rhythm: number) => Effect.repeat(Effect.yieldNow, { times: rhythm < 100 ? 300 : 20 })

/** Plays a load on the gate; `sample` looks at it whenever nothing can move but time. At the end every caller leaves. */
export const play = Effect.fnUntraced(function* <E, R>(
  plans: ReadonlyArray<Plan>,
  rhythm: number,
  until: number,
  sample: (observer: Observer, last: boolean) => Effect.Effect<void, E, R>
) {
  const { pass } = yield* Gate
  const observer = yield* Observer.make
  const present: Array<{
    readonly leaves: number
    readonly name: number
    readonly fiber: Fiber.Fiber<unknown, unknown>
  }> = []
  const acts = new Set(plans.flatMap(({ at, leaves }) => [at, at + leaves]))
  const leave = (now: number) => {
    for (const { fiber, leaves, name } of present) {
      if (leaves !== now || observer.calls[name]!.exit !== undefined) continue
      observer.calls[name]!.left = true
      fiber.interruptUnsafe()
    }
  }
  for (let now = 0; now <= until; now++) {
    for (const plan of plans) {
      if (plan.at !== now) continue
      const call = observer.pass(
        pass,
        Ask.make({ ...plan, caller: `caller ${plan.caller}`, purpose: plan.kind }),
        work(plan)
      )
      const rhythmic = Effect.provideService(call, References.MaxOpsBeforeYield, rhythm)
      const name = observer.calls.length
      const fiber = yield* Effect.forkChild(rhythmic, { startImmediately: true })
      present.push({ leaves: now + plan.leaves, name, fiber })
    }
    // So that those who leave at once have come to the gate before.
    if (rhythm < 100) yield* Effect.repeat(Effect.yieldNow, { times: 4 })
    leave(now)
    if (acts.has(now)) yield* settle(rhythm)
    yield* sample(observer, false)
    yield* TestClock.adjust(step)
  }
  for (const { fiber, name } of present) {
    if (observer.calls[name]!.exit === undefined) observer.calls[name]!.left = true
    fiber.interruptUnsafe()
  }
  yield* Fiber.awaitAll(present.map(({ fiber }) => fiber))
  yield* settle(rhythm)
  yield* sample(observer, true)
  return observer
})
