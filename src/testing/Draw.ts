import { Effect, Random } from "effect"
import type { Limits } from "./Promises.ts"
import { type Call, Kind, plain, type Scenario, usual } from "./Scenario.ts"

type Dice = <A>(values: ReadonlyArray<A>) => A

const upTo = (count: number) => Array.from({ length: count + 1 }, (_, index) => index)
const never = Infinity

// From the shortest at which Effect still makes headway to one that hardly ever cuts an operation short.
const rhythms = upTo(17).slice(5)

// Many at the same moment, since that is when calls meet; then ever fewer.
const arrivals = [0, 0, 0, 100, 100, 200, 300, 500, 800, 1000, 1000, 1100, 1300, 1600, 2000, 2500, 3000]
const kinds: ReadonlyArray<Kind> = [...Kind.literals, "succeed", "succeed", "fail", "fail"]
const stays = [never, never, never, never, never, never, 0, 100, 300, 1000, 2500]
const deadlines = [never, never, never, never, never, 500, 2000, 5000]

const draw = (dice: Dice, wild: boolean): Call => {
  const at = dice(arrivals)
  return {
    at,
    kind: dice(kinds),
    takes: dice(upTo(20)) * 100,
    leaves: at + dice(stays),
    cut: wild && dice([true, false]) ? 1 + dice(upTo(60)) : never,
    caller: dice(upTo(3)),
    priority: dice(upTo(3)),
    weight: dice([1, 1, 3, 0.5]),
    permits: dice([1, 1, 1, 2, 3]),
    tokens: dice([0, 0, 100, 1000]),
    deadline: dice(deadlines)
  }
}

/** So many calls that somebody has to wait, and not many more. */
const sizes = ({ capacity, permits }: Limits): ReadonlyArray<number> => {
  const room = [capacity, permits].reduce((sum, limit) => (limit === Infinity ? sum : sum + limit), 15)
  const most = Math.min(120, Math.max(50, room))
  return upTo(most).filter((size) => size >= 25)
}

/** Draws a random load of a few seconds; the same for the same seed. */
export const load = (limits: Limits, seed: number, run: number): Effect.Effect<Scenario> =>
  Effect.map(Random.Random, (random) => {
    const dice: Dice = (values) => values[Math.floor(random.nextDoubleUnsafe() * values.length)]!
    // In every second load fibers yield often and callers leave at any step; in the others one can tell exactly who was where.
    const wild = run % 2 === 1
    const calls = Array.from({ length: dice(sizes(limits)) }, () => draw(dice, wild))
    return { calls: calls.sort((a, b) => a.at - b.at), rhythm: wild ? dice(rhythms) : usual, seed: run }
  }).pipe(Random.withSeed(`${seed} ${run}`))

const slow: Call = { ...plain, takes: 1000 }

/** Four calls that share a gate, of which one is to be interrupted at a step. */
const among = (victim: number, does: Partial<Call>): ReadonlyArray<Call> =>
  upTo(3).map((caller) => (caller === victim ? { ...slow, caller, cut: 0, ...does } : { ...slow, caller }))

const scenes: ReadonlyArray<ReadonlyArray<Call>> = [
  among(0, {}),
  among(2, {}),
  among(1, { kind: "flaky", takes: 0 }),
  among(1, { kind: "linger" })
]

/** A model that fails, and a call that may be the probe of the circuit. */
const probing = ({ openFor }: Limits): ReadonlyArray<Call> => [
  ...upTo(4).map((caller): Call => ({ ...plain, caller, kind: "fail", at: caller * 100 })),
  { ...slow, at: Math.ceil(openFor) + 500, cut: 0 }
]

/** The calls of which one, whose step is still 0, is interrupted at each of its steps. */
export const scenesFor = (limits: Limits): ReadonlyArray<ReadonlyArray<Call>> =>
  limits.openFor === 0 ? scenes : [...scenes, probing(limits)]

/** The scene with its victim interrupted at a step. */
export const interruptedAt = (scene: ReadonlyArray<Call>, step: number, rhythm: number): Scenario => ({
  calls: scene.map((call) => (call.cut === never ? call : { ...call, cut: step })),
  rhythm,
  seed: 0
})
