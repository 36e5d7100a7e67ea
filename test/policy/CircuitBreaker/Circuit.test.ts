import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import type { CircuitState } from "../../../src/stats/Event.ts"
import type { Verdict } from "../../../src/Failure.ts"
import { Circuit, type Settings } from "../../../src/policy/CircuitBreaker/Circuit.ts"
import { runs } from "../../support/runs.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const among = <A>(values: ReadonlyArray<A>) => Arbitrary.map(between(0, values.length - 1), (i) => values[i]!)

interface Call {
  generation: number
  era: object
  started: boolean
}

/** The rules in the words of the promise, with a clock that ticks every millisecond. */
class Rules {
  readonly moves: Array<string> = []
  state: CircuitState = "closed"
  failures = 0
  #era: object = {}
  #left = Infinity
  #probe: Call | undefined
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  tick(now: number): void {
    if (--this.#left > 0) return
    if (this.state === "open") this.#move("half-open", now)
    else if (this.state === "half-open") this.#open(now)
  }

  admit(call: Call): boolean {
    if (this.state === "open" || this.#probe !== undefined) return false
    if (this.state === "half-open") this.#probe = call
    call.era = this.#era
    return true
  }

  start(call: Call): boolean {
    if (this.#isLate(call)) return false
    if (call === this.#probe) this.#left = this.#settings.probeTimeout
    return true
  }

  forgo(call: Call): void {
    if (call !== this.#probe || this.#isLate(call)) return
    this.#probe = undefined
    this.#left = Infinity
  }

  end(call: Call, verdict: Verdict, now: number): void {
    if (this.#isLate(call)) return
    if (call === this.#probe && verdict === "ignored") return this.forgo(call)
    if (call === this.#probe) return verdict === "failure" ? this.#open(now) : this.#move("closed", now)
    if (verdict === "success") this.failures = 0
    if (verdict === "failure" && ++this.failures === this.#settings.maxFailures) this.#open(now)
  }

  #isLate = (call: Call) => call.era !== this.#era || (this.state === "half-open" && call !== this.#probe)

  #open(now: number): void {
    this.#move("open", now)
    this.#left = this.#settings.openDuration
    this.failures = this.#settings.maxFailures
  }

  #move(state: CircuitState, now: number): void {
    this.state = state
    this.moves.push(`${state} at ${now}`)
    this.#era = {}
    this.#left = Infinity
    this.#probe = undefined
    if (state === "closed") this.failures = 0
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
  readonly moves: Array<string> = []
  #calls: Array<Call> = []
  #last: CircuitState = "closed"
  #now = 0

  constructor(settings: Settings) {
    this.rules = new Rules(settings)
    this.circuit = new Circuit(settings, (at) => {
      const state = this.circuit.state(at)
      if (state !== this.#last) this.moves.push(`${state} at ${at}`)
      this.#last = state
    })
  }

  do(act: string, pick: number, verdict: Verdict): void {
    if (act === "wait") for (let tick = pick % 13; tick > 0; tick--) this.rules.tick(++this.#now)
    if (act === "look") this.look()
    if (act === "admit") this.#admit()
    const call = this.#calls[pick % this.#calls.length]
    if (call === undefined) return
    if (act === "start" && !call.started) this.#start(call)
    if (act === "end" && call.started) {
      this.circuit.record(verdict, call.generation, this.#now)
      this.rules.end(call, verdict, this.#now)
      this.#gone(call)
    }
    if (act === "forgo") {
      this.circuit.record("ignored", call.generation, this.#now)
      this.rules.forgo(call)
      this.#gone(call)
    }
  }

  look(): void {
    assert.strictEqual(this.circuit.state(this.#now), this.rules.state, `state at ${this.#now}`)
    assert.strictEqual(this.circuit.failures, this.rules.failures)
    assert.deepStrictEqual(this.moves, this.rules.moves)
  }

  #admit(): void {
    const call: Call = { generation: 0, era: {}, started: false }
    const admitted = this.circuit.admit(this.#now)
    call.generation = this.circuit.generation
    assert.strictEqual(admitted, this.rules.admit(call), `admitted at ${this.#now}`)
    if (admitted) this.#calls.push(call)
  }

  #start(call: Call): void {
    call.started = this.circuit.start(call.generation, this.#now)
    assert.strictEqual(call.started, this.rules.start(call), `started at ${this.#now}`)
    if (!call.started) this.#gone(call)
  }

  #gone(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call)
  }
}

describe("Circuit", () => {
  it.effect.prop(
    "moves as the rules say, at the moments they say, whatever ends late or never",
    { steps: Steps, maxFailures: between(1, 3), openDuration: between(1, 20), probeTimeout: between(1, 20) },
    ({ steps, ...settings }) =>
      Effect.sync(() => {
        const both = new Both(settings)
        for (const { act, pick, verdict } of steps) both.do(act, pick, verdict)
        both.look()
      }),
    { arbitrary: { runs: runs(1500, 20_000), size: 120 } }
  )

  it("a candidate keeps its slot however long it waits to start, and its time counts from its start", () => {
    const circuit = new Circuit({ maxFailures: 1, openDuration: 10, probeTimeout: 5 }, () => {})
    circuit.record("failure", circuit.generation, 0)
    assert.isTrue(circuit.admit(10))
    const candidate = circuit.generation

    assert.isFalse(circuit.admit(1000))
    assert.isTrue(circuit.start(candidate, 1000))
    assert.strictEqual(circuit.state(1004), "half-open")
    assert.strictEqual(circuit.state(1005), "open")
    assert.strictEqual(circuit.openFor(1006), 9)
  })

  it("a probe that is given up after its time has failed all the same", () => {
    const circuit = new Circuit({ maxFailures: 1, openDuration: 10, probeTimeout: 5 }, () => {})
    circuit.record("failure", circuit.generation, 0)
    assert.isTrue(circuit.admit(10))
    const probe = circuit.generation
    assert.isTrue(circuit.start(probe, 10))

    circuit.record("ignored", probe, 16)
    assert.strictEqual(circuit.state(16), "open")
    assert.strictEqual(circuit.openFor(16), 9)
  })

  it("a failure counted in an era that is over does not touch the present one", () => {
    const circuit = new Circuit({ maxFailures: 2, openDuration: 10, probeTimeout: 5 }, () => {})
    const old = circuit.generation
    circuit.record("failure", old, 0)
    circuit.record("failure", old, 0)
    assert.isTrue(circuit.admit(10))
    circuit.record("success", circuit.generation, 11)

    circuit.record("failure", old, 12)
    assert.strictEqual(circuit.failures, 0)
    assert.isFalse(circuit.start(old, 12))
  })
})
