import { assert, describe, it } from "@effect/vitest"
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { Effect, Layer, Redacted, Schedule, type Scope } from "effect"
import { now } from "../../src/engine/Time.ts"
import { MemoryStore } from "../../src/shared/MemoryStore.ts"
import type {
  Admission,
  CircuitEvent,
  CircuitRules,
  Holding,
  Message,
  Port,
  Reservation
} from "../../src/shared/Port.ts"
import * as RedisStore from "../../src/shared/RedisStore.ts"
import { times } from "../support/gate.ts"
import { hasRedis, sharedRedis } from "../support/redis.ts"
import { until } from "../support/replicas.ts"

interface Replica {
  readonly port: Port
  /** What the store has told it. */
  readonly told: Array<Message>
}

type Connect = (count: number) => Effect.Effect<ReadonlyArray<Replica>, never, Scope.Scope>

const inMemory: Connect = (count) =>
  Effect.map(now, (clock) => {
    const store = new MemoryStore(clock)
    return times(count).map((id) => {
      const told: Array<Message> = []
      return { port: store.connect(String(id), (message) => told.push(message)), told }
    })
  })

const server = sharedRedis()
let stores = 0

const onRedis: Connect = (count) =>
  Effect.flatMap(server, ({ url }) => {
    const prefix = `test-${++stores}`
    return Effect.forEach(times(count), (id) => {
      const told: Array<Message> = []
      return Effect.map(
        RedisStore.connect({ url, prefix, replica: String(id) }, (message) => void told.push(message)),
        ({ port }) => ({ port, told })
      )
    })
  })

/** Waits until the store has told a replica so many things. */
const untilTold = ({ told }: Replica, count: number) => until(`${count} messages`, () => told.length >= count)

/** Asks for the slot of a probe until there is one. */
const admitted = (admit: Effect.Effect<Admission, unknown>) =>
  Effect.repeat(admit, { until: ({ ticket }) => ticket > 0, schedule: Schedule.spaced(5) })

const lease = 500
const holding = (part: Partial<Holding> = {}): Holding => ({
  name: "a",
  limit: 3,
  granted: 0,
  released: 0,
  wants: [],
  extra: 0,
  lease,
  ...part
})

const rules: CircuitRules = {
  name: 'a "b"',
  maxFailures: 2,
  openDuration: 100,
  maxOpenDuration: 0,
  probes: 1,
  probeSuccesses: 1,
  probeTimeout: 1000,
  lease
}

const perSecond = (rate: number, units: ReadonlyArray<number> = [1], maxWait = Infinity): Reservation => ({
  name: "a",
  buckets: [
    { name: "a:starts", interval: 1000 / rate, burst: 2 },
    { name: "a:tokens", interval: 100, burst: 100 }
  ].slice(0, units.length),
  units,
  maxWait
})

const suite = (connect: Connect) => {
  it.live("books moments for all replicas on one grid, and puts the last one back", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)

      const slots = yield* Effect.forEach([a!, b!, a!, b!], ({ port }) => port.reserve(perSecond(1)))
      const refused = yield* a!.port.reserve(perSecond(1, [1], 500))
      yield* b!.port.putBack(perSecond(1), slots[3]!)
      yield* a!.port.putBack(perSecond(1), slots[0]!)
      const again = yield* a!.port.reserve(perSecond(1))

      const rounded = [...slots, refused, again].map(({ delay }) => Math.round(delay / 1000))
      assert.deepStrictEqual(rounded, [0, 0, 1, 2, 3, 2])
      assert.deepStrictEqual(refused.receipts, [])
    })
  )

  it.live("takes of all buckets at one moment, or of none", () =>
    Effect.gen(function* () {
      const [a] = yield* connect(1)

      const first = yield* a!.port.reserve(perSecond(10, [1, 80]))
      const given = yield* a!.port.reserve(perSecond(10, [1, 80]))
      yield* a!.port.putBack(perSecond(10, [1, 80]), given)
      const late = yield* a!.port.reserve(perSecond(10, [1, 80], 100))
      const small = yield* a!.port.reserve(perSecond(10, [1, 10]))
      const second = yield* a!.port.reserve(perSecond(10, [1, 80]))

      assert.deepStrictEqual([first.delay, late.receipts.length, small.delay], [0, 0, 0])
      assert.approximately(second.delay, 7000, 1000)
    })
  )

  it.live("lets nothing be due during a cooldown, and tells every replica", () =>
    Effect.gen(function* () {
      const replicas = yield* connect(2)
      yield* Effect.forEach(replicas, ({ port }) => port.beat({ lease: 1000, figures: "", limits: "" }))

      yield* replicas[0]!.port.coolDown("a", 3000)
      const slot = yield* replicas[1]!.port.reserve(perSecond(10))
      yield* Effect.forEach(replicas, (each) => untilTold(each, 1))

      assert.approximately(slot.delay, 3000, 1000)
      for (const { told } of replicas) assert.deepStrictEqual(told, [{ _tag: "cooldown", name: "a", millis: 3000 }])
    })
  )

  it.live("hands a permit that is given back to the replica that has waited longest, one call at a time", () =>
    Effect.gen(function* () {
      const [a, b, c] = yield* connect(3)

      const first = yield* a!.port.permits(holding({ wants: [1, 1, 1, 1, 1] }))
      const second = yield* b!.port.permits(holding({ wants: [1] }))
      const third = yield* c!.port.permits(holding({ wants: [2, 1] }))
      const after = yield* a!.port.permits(holding({ granted: 3, released: 2, wants: [1, 1] }))
      yield* untilTold(b!, 1)
      yield* c!.port.figures

      assert.deepStrictEqual([first.granted, second.granted, third.granted, after.granted], [3, 0, 0, 4])
      const granted = [b!, c!].map(({ told }) => told.filter(({ _tag }) => _tag === "permits"))
      assert.deepStrictEqual(granted, [[{ _tag: "permits", name: "a", granted: 1 }], []])
    })
  )

  it.live("a message that comes twice or late changes nothing", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)

      yield* a!.port.permits(holding({ wants: [1, 1] }))
      const repeated = yield* a!.port.permits(holding({ wants: [1, 1] }))
      yield* a!.port.permits(holding({ granted: 2, released: 2 }))
      yield* a!.port.permits(holding({ granted: 2, released: 1 }))
      const rest = yield* b!.port.permits(holding({ wants: [3] }))

      assert.deepStrictEqual([repeated.granted, rest.granted], [2, 3])
    })
  )

  it.live("books the start of the first call together with its permit, and none without", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)
      const starts = perSecond(1)

      const both = yield* a!.port.permits(holding({ wants: [3, 1] }), starts)
      const late = yield* b!.port.permits(holding({ wants: [1] }), starts)
      // Its permit is granted now, and it has not heard of that when it asks again.
      yield* a!.port.permits(holding({ granted: 3, released: 3 }))
      const known = yield* b!.port.permits(holding({ wants: [1] }), starts)
      const second = yield* a!.port.permits(holding({ granted: 3, released: 3, wants: [1] }), perSecond(1, [1, 80]))
      const refused = yield* b!.port.permits(holding({ granted: 1, wants: [1] }), perSecond(1, [1], 500))

      const delays = [both, late, known, second, refused].map(({ start }) => start && Math.round(start.delay / 1000))
      assert.deepStrictEqual(delays, [0, undefined, undefined, 0, 1])
      assert.deepStrictEqual(
        [second, refused].map(({ start }) => start?.receipts.length),
        [2, 0]
      )
    })
  )

  it.live("the permits of a replica that is not heard of come back with its lease, and its wants are forgotten", () =>
    Effect.gen(function* () {
      const [dead, waiting, b] = yield* connect(3)
      // All are heard of within the lease, though the machine is busy.
      const lease = 2000

      yield* dead!.port.permits(holding({ wants: [3], lease }))
      yield* waiting!.port.permits(holding({ wants: [1], lease }))
      const before = yield* b!.port.permits(holding({ wants: [2], lease }))
      const after = yield* Effect.repeat(b!.port.permits(holding({ wants: [2], lease })), {
        // The one that waits may have had a permit for the moment in which it outlives the other.
        until: ({ free, granted, others }) => granted === 2 && others === 0 && free === 1,
        schedule: Schedule.spaced(10)
      })

      assert.deepStrictEqual(
        [before, after],
        [
          { granted: 0, others: 1, free: 0, start: undefined },
          { granted: 2, others: 0, free: 1, start: undefined }
        ]
      )
    })
  )

  it.live("a replica that the store has forgotten takes with it what it holds", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)

      yield* a!.port.permits(holding({ granted: 7, released: 5 }))
      const one = yield* b!.port.permits(holding({ wants: [1, 1] }))

      assert.strictEqual(one.granted, 1)
    })
  )

  it.live("permits beside those that are wanted are granted only while no call waits", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)

      const first = yield* a!.port.permits(holding({ wants: [1], extra: 5 }))
      const second = yield* b!.port.permits(holding({ wants: [1], extra: 5 }))
      yield* untilTold(a!, 1)

      assert.deepStrictEqual([first.granted, second.granted], [3, 0])
      assert.deepStrictEqual(a!.told, [{ _tag: "wanted", name: "a" }])
    })
  )

  it.live("the failures of all replicas open one circuit, which one probe of all closes", () =>
    Effect.gen(function* () {
      const replicas = yield* connect(2)
      yield* Effect.forEach(replicas, ({ port }) => port.beat({ lease: 5000, figures: "", limits: "" }))
      const [a, b] = replicas.map(
        ({ port }) =>
          (event: CircuitEvent) =>
            port.circuit(rules, event)
      )
      const { generation } = yield* a!({ _tag: "read" })
      const failure = { _tag: "end", ticket: generation, verdict: "failure", retryAfter: 0 } as const

      const one = yield* a!(failure)
      const open = yield* b!(failure)
      const refused = yield* a!({ _tag: "admit" })
      const probe = yield* admitted(b!({ _tag: "admit" }))
      const second = yield* a!({ _tag: "admit" })
      yield* b!({ _tag: "start", ticket: probe.ticket })
      const late = yield* a!(failure)
      const closed = yield* b!({ _tag: "end", ticket: probe.ticket, verdict: "success", retryAfter: 0 })
      const stale = yield* a!(failure)
      const last = replicas.map(
        ({ told }) =>
          () =>
            told.findLast(({ _tag }) => _tag === "circuit")
      )
      const isClosed = (message: Message | undefined) => message?._tag === "circuit" && message.view.state === "closed"
      yield* until("both are told that it is closed", () => last.every((message) => isClosed(message())))

      const states = [one, open, refused, probe, second, late, closed, stale].map(({ state }) => state)
      const half = "half-open"
      assert.deepStrictEqual(states, ["closed", "open", "open", half, half, half, "closed", "closed"])
      assert.deepStrictEqual([refused.ticket, second.ticket, stale.failures], [0, 0, 0])
      assert.approximately(open.wait, 100, 1)
      for (const message of last) assert.deepInclude(message(), { name: rules.name })
    })
  )

  it.live(
    "the slot of a probe whose holder is gone comes back without a verdict; one that takes too long has failed",
    () =>
      Effect.gen(function* () {
        const [a] = yield* connect(1)
        const quick = { ...rules, probes: 2, probeSuccesses: 2, probeTimeout: 50, openDuration: 20 }
        const step = (event: CircuitEvent) => a!.port.circuit(quick, event)
        const { generation } = yield* step({ _tag: "read" })
        const failure = { _tag: "end", ticket: generation, verdict: "failure", retryAfter: 0 } as const
        yield* step(failure)
        yield* step(failure)

        const kept = yield* admitted(step({ _tag: "admit" }))
        const gone = yield* step({ _tag: "admit" })
        const renewing = Effect.andThen(step({ _tag: "renew", tickets: [kept.ticket] }), step({ _tag: "admit" }))
        const instead = yield* admitted(renewing)
        const none = yield* step({ _tag: "admit" })
        yield* step({ _tag: "start", ticket: instead.ticket })
        const failed = yield* Effect.repeat(step({ _tag: "read" }), { until: ({ state }) => state === "open" })

        assert.isAbove(gone.ticket, kept.ticket)
        assert.deepStrictEqual([instead.ticket, none.ticket, failed.state], [gone.ticket + 1, 0, "open"])
      })
  )

  it.live("knows the replicas that are alive, and their figures", () =>
    Effect.gen(function* () {
      const [a, b] = yield* connect(2)

      const one = yield* a!.port.beat({ lease: 60_000, figures: "A", limits: "5" })
      const two = yield* b!.port.beat({ lease: 60_000, figures: "B", limits: "6" })
      const both = yield* b!.port.figures
      yield* a!.port.beat({ lease: 1, figures: "A", limits: "5" })
      const alone = yield* Effect.repeat(b!.port.beat({ lease: 60_000, figures: "C", limits: "6" }), {
        until: ({ replicas }) => replicas === 1
      })
      const rest = yield* b!.port.figures
      yield* b!.port.leave

      assert.deepStrictEqual(
        [one, two, alone],
        [
          { replicas: 1, different: [] },
          { replicas: 2, different: [["0", "5"]] },
          { replicas: 1, different: [] }
        ]
      )
      const told = [both, rest, yield* a!.port.figures].map((all) =>
        all.map(({ figures, replica }) => [replica, figures])
      )
      assert.deepStrictEqual(
        told.map((all) => all.toSorted()),
        [
          [
            ["0", "A"],
            ["1", "B"]
          ],
          [["1", "C"]],
          []
        ]
      )
      for (const { age } of [...both, ...rest]) assert.isTrue(age >= 0 && age < 60_000)
    })
  )
}

describe("The state that replicas share, in memory", () => suite(inMemory))

describe.runIf(hasRedis)("The state that replicas share, on Redis", () => {
  suite(onRedis)

  it.live("goes on after a message that is no JSON", () =>
    Effect.gen(function* () {
      const [one] = yield* onRedis(1)
      const { client } = yield* NodeRedis.NodeRedis
      yield* one!.port.beat({ lease: 60_000, figures: "", limits: "" })
      yield* Effect.promise(() => client.publish(`{test-${stores}}:replica:0`, "no JSON"))
      yield* one!.port.coolDown("a", 1000)
      yield* untilTold(one!, 1)

      assert.deepStrictEqual(one!.told, [{ _tag: "cooldown", name: "a", millis: 1000 }])
    }).pipe(
      Effect.provide(Layer.unwrap(Effect.map(server, ({ url }) => NodeRedis.layer({ url: Redacted.value(url) }))))
    )
  )
})
