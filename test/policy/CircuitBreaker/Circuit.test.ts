import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import type { CircuitState } from "../../../src/stats/Event.ts"
import type { Verdict } from "../../../src/Failure.ts"
import { Circuit, type Settings as Live } from "../../../src/policy/CircuitBreaker/Circuit.ts"
import { limit } from "../../support/limit.ts"
import { runs } from "../../support/runs.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const among = <A>(values: ReadonlyArray<A>) => Arbitrary.map(between(0, values.length - 1), (i) => values[i]!)

type Thresholds = "maxFailures" | "failureRate" | "slowCallRate" | "minimumCalls" | "openDuration"
type Settings = Omit<Live, Thresholds | "probeSuccesses"> & Record<Thresholds | "probeSuccesses", number>

const settings: Settings = {
  maxFailures: 1,
  within: Infinity,
  failureRate: Infinity,
  slowCallRate: Infinity,
  minimumCalls: 10,
  window: 60_000,
  openDuration: 10,
  maxOpenDuration: undefined,
  jitter: 0,
  probes: 1,
  probeSuccesses: 1,
  probeTimeout: 5
}

const circuitOf = (changes: Partial<Settings> = {}, random = () => 0.5) => {
  const { failureRate, maxFailures, minimumCalls, openDuration, slowCallRate, ...fixed } = { ...settings, ...changes }
  const thresholds = {
    failureRate: limit(failureRate),
    maxFailures: limit(maxFailures),
    minimumCalls: limit(minimumCalls),
    openDuration: limit(openDuration),
    slowCallRate: limit(slowCallRate)
  }
  const moves: Array<string> = []
  let last: CircuitState = "closed"
  const circuit: Circuit = new Circuit({ ...fixed, ...thresholds }, 0, random, (at) => {
    const state = circuit.state(at)
    if (state !== last) moves.push(`${state} at ${at}`)
    last = state
  })
  return { circuit, moves, thresholds }
}

interface Call {
  ticket: number
  era: object
  started: boolean
}

/** The rules in the words of the promise, with a clock that ticks every millisecond. */
class Rules {
  readonly moves: Array<string> = []
  state: CircuitState = "closed"
  #failures: Array<number> = []
  #era: object = {}
  #left = Infinity
  /** Milliseconds that each probe has left, `Infinity` until it starts. */
  #probes = new Map<Call, number>()
  #succeeded = 0
  #failed = 0
  #openFailures = 0
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  failures(now: number): number {
    if (this.state !== "closed") return this.#openFailures
    return this.#failures.filter((at) => now - at < this.#settings.within).length
  }

  tick(now: number): void {
    if (this.state === "open" && --this.#left <= 0) return this.#move("half-open", now)
    for (const [probe, left] of this.#probes) {
      this.#probes.set(probe, left - 1)
      if (left > 1) continue
      this.#probes.delete(probe)
      this.#probeFailed(now)
      if (this.state === "open") return
    }
  }

  admit(call: Call): boolean {
    if (this.state === "open") return false
    if (this.state === "half-open") {
      if (this.#probes.size + this.#succeeded + this.#failed >= this.#settings.probes) return false
      this.#probes.set(call, Infinity)
    }
    call.era = this.#era
    return true
  }

  start(call: Call): boolean {
    if (this.#isLate(call)) return false
    if (this.state === "half-open") this.#probes.set(call, this.#settings.probeTimeout)
    return true
  }

  end(call: Call, verdict: Verdict, now: number): void {
    if (this.#isLate(call)) return
    if (this.state === "half-open") {
      this.#probes.delete(call)
      if (verdict === "failure") this.#probeFailed(now)
      if (verdict === "success" && ++this.#succeeded === this.#settings.probeSuccesses) this.#move("closed", now)
      return
    }
    if (verdict === "success" && this.#settings.within === Infinity) this.#failures = []
    if (verdict !== "failure") return
    this.#failures.push(now)
    if (this.failures(now) >= this.#settings.maxFailures) this.#open(now)
  }

  #isLate = (call: Call) => call.era !== this.#era || (this.state === "half-open" && !this.#probes.has(call))

  #probeFailed(now: number): void {
    this.#failed++
    if (this.#settings.probes - this.#failed < this.#settings.probeSuccesses) this.#open(now)
  }

  #open(now: number): void {
    if (this.state === "closed") this.#openFailures = this.failures(now)
    this.#move("open", now)
    this.#left = this.#settings.openDuration
  }

  #move(state: CircuitState, now: number): void {
    this.state = state
    this.moves.push(`${state} at ${now}`)
    this.#era = {}
    this.#failures = []
    this.#probes = new Map()
    this.#succeeded = 0
    this.#failed = 0
  }
}

const Steps = Arbitrary.array(
  Arbitrary.all({
    act: among(["admit", "admit", "admit", "start", "start", "end", "end", "end", "forgo", "look", "wait"] as const),
    pick: between(0, 99),
    verdict: among(["failure", "failure", "failure", "success", "ignored"] as const)
  }),
  { maxLength: 120 }
)

class Both {
  readonly rules: Rules
  readonly circuit: Circuit
  readonly moves: Array<string>
  #calls: Array<Call> = []
  #now = 0

  constructor(changes: Partial<Settings>) {
    this.rules = new Rules({ ...settings, ...changes })
    const { circuit, moves } = circuitOf(changes)
    this.circuit = circuit
    this.moves = moves
  }

  do(act: string, pick: number, verdict: Verdict): void {
    if (act === "wait") for (let tick = pick % 13; tick > 0; tick--) this.rules.tick(++this.#now)
    if (act === "look") this.look()
    if (act === "admit") this.#admit()
    const call = this.#calls[pick % this.#calls.length]
    if (call === undefined) return
    if (act === "start" && !call.started) this.#start(call)
    if ((act === "end" && call.started) || act === "forgo") {
      const given = act === "forgo" ? "ignored" : verdict
      this.circuit.record(given, call.ticket, this.#now, call.started ? "running" : "waiting")
      this.rules.end(call, given, this.#now)
      this.#gone(call)
    }
  }

  look(): void {
    assert.strictEqual(this.circuit.state(this.#now), this.rules.state, `state at ${this.#now}`)
    assert.deepStrictEqual(this.moves, this.rules.moves)
  }

  #admit(): void {
    const call: Call = { ticket: -1, era: {}, started: false }
    const ticket = this.circuit.admit(this.#now)
    call.ticket = ticket ?? -1
    assert.strictEqual(ticket !== undefined, this.rules.admit(call), `admitted at ${this.#now}`)
    if (ticket !== undefined) this.#calls.push(call)
  }

  #start(call: Call): void {
    call.started = this.circuit.start(call.ticket, this.#now)
    assert.strictEqual(call.started, this.rules.start(call), `started at ${this.#now}`)
    if (!call.started) this.#gone(call)
  }

  #gone(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call)
  }
}

/** Lets so many attempts run and end in a way at a moment. */
const ended = (circuit: Circuit, count: number, verdict: Verdict, now: number, retryAfter = 0) => {
  for (let left = count; left > 0; left--) {
    const ticket = circuit.admit(now)
    if (ticket === undefined || !circuit.start(ticket, now)) return
    circuit.record(verdict, ticket, now, "running", retryAfter)
  }
}

describe("Circuit", () => {
  it.effect.prop(
    "moves as the rules say, at the moments they say, whatever ends late or never",
    {
      steps: Steps,
      maxFailures: between(1, 3),
      within: among([Infinity, Infinity, 4, 15]),
      openDuration: between(1, 20),
      probeTimeout: between(1, 20),
      probes: between(1, 4),
      probeSuccesses: between(1, 4)
    },
    ({ steps, ...changes }) =>
      Effect.sync(() => {
        const both = new Both({ ...changes, probeSuccesses: Math.min(changes.probes, changes.probeSuccesses) })
        for (const { act, pick, verdict } of steps) both.do(act, pick, verdict)
        both.look()
      }),
    { arbitrary: { runs: runs(800, 20_000), size: 120 } }
  )

  it("a candidate keeps its slot however long it waits to start, and its time counts from its start", () => {
    const { circuit } = circuitOf()
    ended(circuit, 1, "failure", 0)
    const candidate = circuit.admit(10)!

    assert.isUndefined(circuit.admit(1000))
    assert.isTrue(circuit.start(candidate, 1000))
    assert.strictEqual(circuit.state(1004), "half-open")
    assert.strictEqual(circuit.state(1005), "open")
    assert.strictEqual(circuit.openFor(1006), 9)
  })

  it("a probe that is given up after its time has failed all the same", () => {
    const { circuit } = circuitOf()
    ended(circuit, 1, "failure", 0)
    const probe = circuit.admit(10)!
    assert.isTrue(circuit.start(probe, 10))

    circuit.record("ignored", probe, 16, "running")
    assert.strictEqual(circuit.state(16), "open")
    assert.strictEqual(circuit.openFor(16), 9)
  })

  it("a failure counted in an era that is over does not touch the present one", () => {
    const { circuit } = circuitOf({ maxFailures: 2 })
    const old = circuit.admit(0)!
    ended(circuit, 2, "failure", 0)
    ended(circuit, 1, "success", 10)

    circuit.record("failure", old, 12, "running")
    assert.strictEqual(circuit.failures, 0)
    assert.isFalse(circuit.start(old, 12))
  })

  it("S51: of three probes two successes close, two failures open, and a fourth call is refused", () => {
    for (const [verdict, state] of [
      ["success", "closed"],
      ["failure", "open"]
    ] as const) {
      const { circuit } = circuitOf({ probes: 3, probeSuccesses: 2 })
      ended(circuit, 1, "failure", 0)
      const probes = [circuit.admit(10)!, circuit.admit(10)!, circuit.admit(10)!]

      assert.isUndefined(circuit.admit(10))
      for (const probe of probes) circuit.start(probe, 10)
      circuit.record(verdict, probes[1]!, 11, "running")
      assert.strictEqual(circuit.state(11), "half-open")
      assert.isUndefined(circuit.admit(11))
      circuit.record(verdict, probes[0]!, 12, "running")
      assert.strictEqual(circuit.state(12), state)

      // The third probe is late now.
      circuit.record(verdict === "success" ? "failure" : "success", probes[2]!, 13, "running")
      assert.strictEqual(circuit.state(13), state)
    }
  })

  it("probes without a verdict free their slots, and probes that hang count as failed one by one", () => {
    const { circuit } = circuitOf({ probes: 3, probeSuccesses: 2 })
    ended(circuit, 1, "failure", 0)
    ended(circuit, 50, "ignored", 10)
    const [first, second, third] = [circuit.admit(11)!, circuit.admit(11)!, circuit.admit(11)!]
    circuit.start(first, 11)
    circuit.start(second, 13)
    circuit.start(third, 13)

    assert.strictEqual(circuit.state(16), "half-open")
    circuit.record("success", first, 17, "running")
    assert.strictEqual(circuit.state(17.5), "half-open")
    assert.strictEqual(circuit.openFor(18), 10)
  })

  it("S61: the open time doubles up to its cap, and starts anew once the circuit was closed as long as it was open", () => {
    const { circuit } = circuitOf({ openDuration: 1000, maxOpenDuration: 6000 })
    let now = 0
    for (const length of [1000, 2000, 4000, 6000, 6000]) {
      ended(circuit, 1, "failure", now)
      assert.strictEqual(circuit.openFor(now), length)
      now += length
    }
    ended(circuit, 1, "success", now)
    ended(circuit, 1, "failure", now + 5999)
    assert.strictEqual(circuit.openFor(now + 5999), 6000)

    now += 12_000
    ended(circuit, 1, "success", now)
    ended(circuit, 1, "failure", now + 6000)
    assert.strictEqual(circuit.openFor(now + 6000), 1000)
  })

  it("S61: jitter varies the open time by its share both ways, and never above the cap", () => {
    const lengths = [0, 0.5, 1].map((draw) => {
      const { circuit } = circuitOf({ openDuration: 1000, maxOpenDuration: 60_000, jitter: 0.2 }, () => draw)
      ended(circuit, 1, "failure", 0)
      return circuit.openFor(0)
    })
    assert.deepStrictEqual(lengths, [800, 1000, 1200])

    const { circuit } = circuitOf({ openDuration: 1000, maxOpenDuration: 1000, jitter: 0.2 }, () => 1)
    ended(circuit, 1, "failure", 0)
    assert.strictEqual(circuit.openFor(0), 1000)
  })

  it("S61: a retry-after lengthens the open time and never shortens it, also one of an earlier failure or a probe", () => {
    const { circuit } = circuitOf({ maxFailures: 2, openDuration: 1000 })
    ended(circuit, 1, "failure", 0, 7000)
    ended(circuit, 1, "failure", 100, 20)
    assert.strictEqual(circuit.openFor(100), 6900)

    ended(circuit, 1, "failure", 7000, 3000)
    assert.strictEqual(circuit.openFor(7000), 3000)
    ended(circuit, 1, "success", 10_000)
    ended(circuit, 2, "failure", 10_001)
    assert.strictEqual(circuit.openFor(10_001), 1000)
  })

  it("S63: isolated twice it is open until both are released, and its count of failures is as before", () => {
    const { circuit, moves } = circuitOf({ maxFailures: 3 })
    ended(circuit, 2, "failure", 0)
    const before = circuit.admit(1)!

    circuit.isolate(1)
    circuit.isolate(2)
    assert.isUndefined(circuit.admit(3))
    assert.isFalse(circuit.start(before, 3))
    assert.deepStrictEqual([circuit.openFor(3), circuit.cause(3)], [undefined, "isolated"])
    circuit.release(4)
    assert.isUndefined(circuit.admit(4))
    circuit.release(5)

    assert.strictEqual(circuit.failures, 2)
    ended(circuit, 1, "failure", 6)
    assert.deepStrictEqual(moves, ["open at 1", "closed at 5", "open at 6"])
  })

  it("closed by hand it is as new, and late results of before change nothing", () => {
    const { circuit } = circuitOf({ maxFailures: 2 })
    const late = circuit.admit(0)!
    circuit.start(late, 0)
    ended(circuit, 2, "failure", 0, 60_000)

    circuit.close(1)
    circuit.record("failure", late, 2, "running")
    assert.deepStrictEqual([circuit.state(2), circuit.failures], ["closed", 0])
    ended(circuit, 2, "failure", 3)
    assert.strictEqual(circuit.openFor(3), 10)
  })

  it("S64: new thresholds hold at once and keep the window, and an open circuit keeps its end", () => {
    const { circuit, thresholds } = circuitOf({ maxFailures: 5, within: 1000, openDuration: 30_000 })
    ended(circuit, 3, "failure", 0)

    thresholds.maxFailures.current = 10
    circuit.onThreshold(1)
    ended(circuit, 6, "failure", 2)
    assert.strictEqual(circuit.failures, 9)
    thresholds.maxFailures.current = 9
    circuit.onThreshold(3)
    assert.strictEqual(circuit.openFor(3), 30_000)
    thresholds.openDuration.current = 5
    circuit.onThreshold(10_003)
    assert.strictEqual(circuit.openFor(10_003), 20_000)
  })
})
