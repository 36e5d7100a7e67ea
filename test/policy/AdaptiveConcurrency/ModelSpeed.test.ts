import { assert, describe, it } from "@effect/vitest"
import {
  type ConcurrencyControl,
  Gradient,
  ThroughputClimb
} from "../../../src/policy/AdaptiveConcurrency/ConcurrencyControl.ts"
import { type Measured, ModelSpeed } from "../../../src/policy/AdaptiveConcurrency/ModelSpeed.ts"
import { AdaptiveMean, ReplyLengths } from "../../../src/policy/AdaptiveConcurrency/ReplyLengths.ts"
import { ResolvedOptions } from "../../../src/Call.ts"

/** A model without randomness that takes `time(n)` milliseconds for each token while `n` calls run. */
class Model {
  readonly speed = new ModelSpeed()
  readonly control: ConcurrencyControl
  at = 0
  #running: Array<Measured & { left: number; readonly prompt: number; readonly completion: number }> = []
  #turn = 0
  #changedAt = 0
  readonly #hurry: number

  constructor(control: ConcurrencyControl, hurry = 0) {
    this.control = control
    this.#hurry = hurry
  }

  /** Runs calls, as many as the limit allows but no more than so many at once, for a while. */
  run(millis: number, time: (running: number) => number, most = Infinity): void {
    const until = this.at + millis
    while (this.at < until) {
      while (this.#running.length < Math.min(most, this.control.limit)) this.#start()
      const each = time(this.#running.length)
      const next = Math.min(...this.#running.map(({ left }) => left)) * each
      this.at += next
      for (const call of this.#running) call.left -= next / each
      for (const call of this.#running.filter(({ left }) => left < 1e-6)) this.#end(call, most)
    }
  }

  #start(): void {
    const completion = [30, 900, 120, 300, 60][this.#turn++ % 5]!
    const prompt = [2000, 100, 4000, 500][this.#turn % 4]!
    const call = {
      serviceAtStart: 0,
      areaAtStart: 0,
      startedAt: 0,
      prompt,
      completion,
      left: completion + prompt / 100
    }
    this.#running.push(call)
    this.speed.advance(this.#running.length, this.at)
    this.speed.begin(call, this.at)
  }

  #end(call: Measured & { readonly prompt: number; readonly completion: number }, most: number): void {
    const { prompt, completion } = call
    const bound = this.#running.length >= this.control.limit && most >= this.control.limit
    this.speed.advance(this.#running.length, this.at)
    this.#running = this.#running.filter((each) => each !== call)
    this.speed.advance(this.#running.length, this.at)
    this.speed.learn(call, prompt, completion, this.at)
    if (call.startedAt < this.#changedAt) return
    const before = this.control.limit
    const { enough, range, slope } = this.speed
    const slowdown = this.speed.timePerToken(this.#running.length + 1) / this.speed.timePerToken(1)
    this.control.onSample({ range, slope, enough, slowdown, pace: this.speed.pace, hurry: this.#hurry }, bound)
    if (this.control.limit !== before) this.#changedAt = this.at
  }
}

const bounds = { initial: 8, minimum: 1, maximum: 64 }
const linear = (running: number) => 8 + 2 * running

describe("ModelSpeed", () => {
  it("finds the time per token at each concurrency, and the cost of a prompt's tokens", () => {
    const model = new Model(new ThroughputClimb(bounds))

    model.run(300_000, linear)

    assert.closeTo(model.speed.timePerToken(4), 16, 1.5)
    assert.closeTo(model.speed.timePerToken(12), 32, 1.5)
    assert.closeTo(model.speed.promptCost, 0.01, 0.004)
    assert.closeTo(model.speed.pace, 1, 0.1)
  })

  it("keeps what is usual through an hour at a tenth of the speed, and follows the present", () => {
    const model = new Model(new ThroughputClimb(bounds))
    model.run(300_000, linear)
    const limit = model.control.limit

    model.run(3_600_000, (running) => 10 * linear(running))
    assert.closeTo(model.speed.pace, 10, 1)
    assert.closeTo(model.speed.timePerToken(12), 32, 5)

    model.run(60_000, linear)
    assert.closeTo(model.speed.pace, 1, 0.2)
    assert.closeTo(model.control.limit, limit, limit * 0.3)
  })

  it("takes a model that is faster than ever for the usual one", () => {
    const model = new Model(new ThroughputClimb(bounds))
    model.run(300_000, (running) => 10 * linear(running))

    model.run(120_000, linear)

    // It was 240.
    assert.isBelow(model.speed.timePerToken(8), 60)
    assert.isAbove(model.speed.timePerToken(8), 12)
  })
})

describe("What is enough", () => {
  it("is not judged by a concurrency that has been seen only since the last fit", () => {
    const speed = new ModelSpeed()
    let at = 0
    const answer = (running: number) => {
      const call = { serviceAtStart: 0, areaAtStart: 0, startedAt: 0 }
      speed.advance(running, at)
      speed.begin(call, at)
      at += 100 * linear(running)
      speed.advance(running, at)
      speed.learn(call, 0, 100, at)
    }
    for (let i = 0; i < 72; i++) answer(i % 2 === 0 ? 8 : 16)
    for (let i = 0; i < 6; i++) answer(2)

    assert.strictEqual(speed.enough, Infinity)
  })
})

describe("ThroughputClimb", () => {
  it("settles where a tenth more calls bring a hundredth more tokens a second", () => {
    const model = new Model(new ThroughputClimb(bounds))

    model.run(300_000, linear)

    // a / b (1 / 0.1 - 1) = 36, and a quarter more in one round of eight; at 24 throughput is 95 % of that at 36.
    assert.isAtLeast(model.control.limit, 24)
    assert.isAtMost(model.control.limit, 45)
  })

  it("settles lower where calls take a good part of the time that they have", () => {
    const model = new Model(new ThroughputClimb(bounds), 0.4)

    model.run(300_000, linear)

    // a / b (1 / 0.15 - 1) = 23, and a quarter more in one round of eight.
    assert.isAtLeast(model.control.limit, 18)
    assert.isAtMost(model.control.limit, 29)
  })

  it("climbs on where a single call has most of the throughput, and more bring the rest", () => {
    const model = new Model(new ThroughputClimb({ ...bounds, initial: 2 }))

    model.run(300_000, (running) => 0.3 + running)

    // One call makes 77 % of what endless ones would, three make 91 %.
    assert.isAtLeast(model.control.limit, 3)
  })

  it("finds a knee: no further than half above twenty calls that run at full speed", () => {
    const model = new Model(new ThroughputClimb(bounds))

    model.run(300_000, (running) => 20 * Math.max(1, running / 20))

    assert.isAtLeast(model.control.limit, 15)
    assert.isAtMost(model.control.limit, 30)
  })

  it("neither grows nor falls while few calls run", () => {
    const model = new Model(new ThroughputClimb(bounds))
    model.run(300_000, linear)
    const { limit } = model.control

    model.run(600_000, linear, 2)

    assert.closeTo(model.control.limit, limit, 0.3 * limit)
  })
})

describe("Gradient", () => {
  it("settles where the time per token is about twice the least", () => {
    const model = new Model(new Gradient(bounds))

    model.run(300_000, linear)

    assert.isAtLeast(model.control.limit, 5)
    assert.isAtMost(model.control.limit, 20)
  })
})

const options = (caller: string, purpose: string) => ResolvedOptions.of({ caller, purpose, maxTokens: 4096 })

describe("ReplyLengths", () => {
  it("knows nothing at first", () => {
    assert.strictEqual(new ReplyLengths().predict(options("ada", "plan")), 0)
  })

  it("takes the caller's factor from one purpose to another", () => {
    const lengths = new ReplyLengths()
    for (let i = 0; i < 40; i++) {
      for (const [caller, factor] of [
        ["ada", 1],
        ["bob", 1],
        ["cy", 3]
      ] as const) {
        lengths.learn(options(caller, "plan"), 100 * factor)
        if (caller !== "cy") lengths.learn(options(caller, "act"), 400)
      }
    }

    assert.closeTo(lengths.predict(options("ada", "plan")), 100, 20)
    assert.closeTo(lengths.predict(options("cy", "plan")), 300, 60)
    assert.isAbove(lengths.predict(options("cy", "act")), 600)
  })

  it("forgets what has changed within a few replies", () => {
    const lengths = new ReplyLengths()
    for (let i = 0; i < 200; i++) lengths.learn(options("ada", "plan"), 100)

    for (let i = 0; i < 15; i++) lengths.learn(options("ada", "plan"), 300)

    assert.isAbove(lengths.predict(options("ada", "plan")), 240)
  })

  it("knows how short a reply may be: a quarter of them are shorter", () => {
    const lengths = new ReplyLengths()
    const [lower, median, upper] = [50, 100, 200]
    for (let i = 0; i < 400; i++) lengths.learn(options("ada", "plan"), [lower, median, upper, median][i % 4]!)

    // With the logarithm of 2 half of the time, sigma is 0.49.
    assert.closeTo(lengths.lowerQuartile(options("ada", "plan")), 100 * Math.exp(-0.6745 * 0.49), 5)
  })

  it("takes a reply that is always as long to be no shorter", () => {
    const lengths = new ReplyLengths()
    for (let i = 0; i < 100; i++) lengths.learn(options("ada", "plan"), 100)

    assert.closeTo(lengths.lowerQuartile(options("ada", "plan")), 100, 1)
  })

  it("remembers a bounded number of callers", () => {
    const lengths = new ReplyLengths()
    for (let i = 0; i < 10_000; i++) lengths.learn(options(`caller ${i}`, "plan"), 100)

    assert.closeTo(lengths.predict(options("caller 1", "plan")), 100, 5)
  })

  it("a mean of noise without a trend stays", () => {
    const mean = new AdaptiveMean(0, 0)
    for (let i = 0; i < 1000; i++) mean.add(i % 2 === 0 ? 1 : -1)

    assert.closeTo(mean.mean, 0, 0.3)
  })
})
