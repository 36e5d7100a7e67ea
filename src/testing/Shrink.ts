import { Effect } from "effect"
import { type Call, plain, type Scenario, usual } from "./Scenario.ts"

/** Simpler values of a field, the simplest first. */
const simpler = (field: keyof Call, call: Call): ReadonlyArray<number> => {
  const value = call[field] as number
  const simplest = plain[field] as number
  if (value === simplest) return []
  if (field === "at" || field === "takes" || field === "leaves") {
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
function* fewer(scenario: Scenario): Generator<Scenario> {
  const { calls } = scenario
  for (let size = Math.ceil(calls.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = calls.length - size; from > -size; from -= size) {
      const kept = calls.filter((_, index) => index < from || index >= from + size)
      if (kept.length > 0) yield { ...scenario, calls: kept }
    }
  }
}

/** The scenario with one thing about it made plain. */
function* plainer(scenario: Scenario): Generator<Scenario> {
  if (scenario.rhythm !== usual) yield { ...scenario, rhythm: usual }
  if (scenario.seed !== 0) yield { ...scenario, seed: 0 }
  for (const [index, call] of scenario.calls.entries()) {
    if (call.kind !== "succeed") yield withCall(scenario, index, { ...call, kind: "succeed" })
    for (const field of Object.keys(plain) as Array<keyof Call>) {
      if (field === "kind") continue
      for (const value of simpler(field, call)) yield withCall(scenario, index, { ...call, [field]: value })
    }
  }
}

/**
 * Makes a scenario simpler as long as it still breaks the law.
 *
 * First it drops calls, in ever smaller blocks, then it makes what is left plainer, until nothing more can go or the number of
 * tries is spent.
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
    while (yield* improve(fewer(best.scenario)));
    while (yield* improve(plainer(best.scenario)));
    // A plainer call may be one that can go.
  } while (yield* improve(fewer(best.scenario)))
  return best
})
