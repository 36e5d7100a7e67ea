import { Effect, Random } from "effect"
import type { Limits } from "./Guarantees.ts"
import { type Call, defaultYieldEvery, Kind, plain, type Scenario } from "./Scenario.ts"

type Pick = <A>(values: ReadonlyArray<A>) => A

const upTo = (count: number) => Array.from({ length: count + 1 }, (_, index) => index)
const never = Infinity

// From the fewest operations with which Effect makes progress.
const yieldIntervals = upTo(17).slice(5)

// Many calls arrive at the same moment, where they can conflict; later ones are ever rarer.
const arrivals = [0, 0, 0, 100, 100, 200, 300, 500, 800, 1000, 1000, 1100, 1300, 1600, 2000, 2500, 3000]
const kinds: ReadonlyArray<Kind> = [...Kind.literals, "succeed", "succeed", "fail", "fail"]
const patience = [never, never, never, never, never, never, 0, 100, 300, 1000, 2500]
const deadlines = [never, never, never, never, never, 500, 2000, 5000]

const randomCall = (pick: Pick, interrupts: boolean): Call => {
  const at = pick(arrivals)
  return {
    at,
    kind: pick(kinds),
    duration: pick(upTo(20)) * 100,
    cancelAt: at + pick(patience),
    interruptAtStep: interrupts && pick([true, false]) ? 1 + pick(upTo(60)) : never,
    caller: pick(upTo(3)),
    priority: pick(upTo(3)),
    weight: pick([1, 1, 3, 0.5]),
    permits: pick([1, 1, 1, 2, 3]),
    tokens: pick([0, 0, 100, 1000]),
    deadline: pick(deadlines)
  }
}

/** The numbers of calls to choose from: enough that some have to wait. */
const sizes = ({ capacity, permits }: Limits): ReadonlyArray<number> => {
  const held = [capacity, permits].reduce((sum, limit) => (limit === Infinity ? sum : sum + limit), 15)
  const most = Math.min(120, Math.max(50, held))
  return upTo(most).filter((size) => size >= 25)
}

/** Draws a random load of a few seconds; the same seed and run give the same load. */
export const randomLoad = (limits: Limits, seed: number, run: number): Effect.Effect<Scenario> =>
  Effect.map(Random.Random, (random) => {
    const pick: Pick = (values) => values[Math.floor(random.nextDoubleUnsafe() * values.length)]!
    // Every second load yields often and interrupts at steps; the others keep the order of steps known from outside.
    const interrupts = run % 2 === 1
    const calls = Array.from({ length: pick(sizes(limits)) }, () => randomCall(pick, interrupts))
    return {
      calls: calls.sort((a, b) => a.at - b.at),
      yieldEvery: interrupts ? pick(yieldIntervals) : defaultYieldEvery,
      seed: run
    }
  }).pipe(Random.withSeed(`${seed} ${run}`))

const slow: Call = { ...plain, duration: 1000 }

/** Four calls that share a gate; the one at the index is the target of the interruption. */
const targetAmongFour = (target: number, does: Partial<Call>): ReadonlyArray<Call> =>
  upTo(3).map((caller) => (caller === target ? { ...slow, caller, interruptAtStep: 0, ...does } : { ...slow, caller }))

const scenes: ReadonlyArray<ReadonlyArray<Call>> = [
  targetAmongFour(0, {}),
  targetAmongFour(2, {}),
  targetAmongFour(1, { kind: "flaky", duration: 0 }),
  targetAmongFour(1, { kind: "slowAbort" })
]

/** Calls that fail until the circuit opens, and one that may be its probe. */
const probing = ({ openDuration }: Limits): ReadonlyArray<Call> => [
  ...upTo(4).map((caller): Call => ({ ...plain, caller, kind: "fail", at: caller * 100 })),
  { ...slow, at: Math.ceil(openDuration) + 500, interruptAtStep: 0 }
]

/** Calls of which one, the target, is to be interrupted at each of its steps. */
export const interruptionScenes = (limits: Limits): ReadonlyArray<ReadonlyArray<Call>> =>
  limits.openDuration === 0 ? scenes : [...scenes, probing(limits)]

/** The scene with its target interrupted at a step. */
export const interruptedAt = (scene: ReadonlyArray<Call>, step: number, yieldEvery: number): Scenario => ({
  calls: scene.map((call) => (call.interruptAtStep === never ? call : { ...call, interruptAtStep: step })),
  yieldEvery,
  seed: 0
})

/** Simpler values of a field, the simplest first. */
const simplerValues = (field: keyof Call, call: Call): ReadonlyArray<number> => {
  const value = call[field] as number
  const simplest = plain[field] as number
  if (value === simplest) return []
  if (field === "at" || field === "duration" || field === "cancelAt") {
    const half = Math.round(value / 200) * 100
    return value === Infinity || half === value ? [simplest] : [simplest, half]
  }
  return [simplest]
}

const withCall = (scenario: Scenario, index: number, call: Call): Scenario => ({
  ...scenario,
  calls: scenario.calls.with(index, call)
})

/** The scenario without some of its calls: halves, quarters, ..., single ones. */
function* withoutCalls(scenario: Scenario): Generator<Scenario> {
  const { calls } = scenario
  for (let size = Math.ceil(calls.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = calls.length - size; from > -size; from -= size) {
      const kept = calls.filter((_, index) => index < from || index >= from + size)
      if (kept.length > 0) yield { ...scenario, calls: kept }
    }
  }
}

/** The scenario with one value made simpler. */
function* withSimplerValue(scenario: Scenario): Generator<Scenario> {
  if (scenario.yieldEvery !== defaultYieldEvery) yield { ...scenario, yieldEvery: defaultYieldEvery }
  if (scenario.seed !== 0) yield { ...scenario, seed: 0 }
  for (const [index, call] of scenario.calls.entries()) {
    if (call.kind !== "succeed") yield withCall(scenario, index, { ...call, kind: "succeed" })
    for (const field of Object.keys(plain) as Array<keyof Call>) {
      if (field === "kind") continue
      for (const value of simplerValues(field, call)) yield withCall(scenario, index, { ...call, [field]: value })
    }
  }
}

/**
 * Simplifies a scenario while `breaks` still finds the law broken.
 *
 * It first removes calls, in ever smaller blocks, then simplifies values, until nothing more can be simplified or `tries`
 * scenarios have been tried.
 */
export const shrink = Effect.fnUntraced(function* <A, E, R>(
  scenario: Scenario,
  first: A,
  breaks: (scenario: Scenario) => Effect.Effect<A | undefined, E, R>,
  tries: number
) {
  let best = { scenario, found: first }
  let left = tries
  const improve = Effect.fnUntraced(function* (candidates: Iterable<Scenario>) {
    for (const candidate of candidates) {
      if (left-- <= 0) return false
      const found = yield* breaks(candidate)
      if (found === undefined) continue
      best = { scenario: candidate, found }
      return true
    }
    return false
  })
  do {
    while (yield* improve(withoutCalls(best.scenario)));
    while (yield* improve(withSimplerValue(best.scenario)));
    // A call with simpler values may be removable now.
  } while (yield* improve(withoutCalls(best.scenario)))
  return best
})
