import {
  BulkheadPolicy,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  timeout,
  TimeoutStrategy,
  wrap
} from "cockatiel"
import { Effect, Layer, ManagedRuntime } from "effect"
import { Ask, Gate, Headgate, WaitingRoom } from "../src/index.ts"
import { compare, type Contender, table } from "./Rounds.ts"

const ask = Ask.make()

/** Calls through a gate, one after another in one fiber. */
const throughGate = (name: string, gate: Layer.Layer<Gate, unknown>): Contender => {
  const runtime = ManagedRuntime.make(gate)
  return {
    name,
    run: (times) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const { pass } = yield* Gate
          for (let i = 0; i < times; i++) yield* Effect.ignore(pass(ask, Effect.void))
        })
      )
  }
}

// The limits never bind, so that the cost of the policies is what is timed.
const stack = Headgate.make({ requestsPerSecond: Infinity, maxConcurrentRequests: 3, maxQueueSize: 50 })

const policy = wrap(
  timeout(60_000, TimeoutStrategy.Aggressive),
  circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
  new BulkheadPolicy(3, 50)
)

const cockatiel: Contender = {
  name: "cockatiel wrap(timeout, breaker, bulkhead)",
  run: async (times) => {
    for (let i = 0; i < times; i++) await policy.execute(async () => {})
  }
}

const bare: Contender = {
  name: "bare yield*",
  run: (times) =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (let i = 0; i < times; i++) yield* Effect.void
      })
    )
}

const rejected: Contender = {
  name: "await Promise.reject(new Error())",
  run: async (times) => {
    for (let i = 0; i < times; i++) {
      try {
        await Promise.reject(new Error("full"))
      } catch {
        // What a caller does with a refusal is not what is timed.
      }
    }
  }
}

/** A gate whose only place is taken for ever, so that it refuses everybody. */
const full = (gate: Layer.Layer<Gate, unknown>): Layer.Layer<Gate, unknown> =>
  Layer.tap(gate, (context) =>
    Effect.forEach([1, 2], () => Effect.forkScoped(Effect.provide(Gate.pass(ask, Effect.never), context)), {
      discard: true
    }).pipe(Effect.andThen(Effect.yieldNow))
  )

const report = [
  "# Results",
  "",
  `Node ${process.version}, ${process.platform} ${process.arch}; \`npm run bench\` repeats them. Rounds are interleaved; a ratio is`,
  "the median of the ratios within a round.",
  "",
  table("A call that nothing holds up", await compare([cockatiel, throughGate("headgate, whole stack", stack), bare])),
  table(
    "A refusal",
    await compare([
      rejected,
      throughGate(
        "headgate, whole stack, queue full",
        full(
          Headgate.make({ maxConcurrentRequests: 1, maxQueueSize: 1, requestsPerSecond: Infinity, deadline: Infinity })
        )
      ),
      throughGate(
        "headgate, waiting room alone",
        full(WaitingRoom.layer({ capacity: 1 }).pipe(Layer.provide(Layer.succeed(Gate, { pass: () => Effect.never }))))
      )
    ])
  )
].join("\n")

console.log(report)
const { writeFile } = await import("node:fs/promises")
await writeFile(new URL("RESULTS.md", import.meta.url), report)
process.exit(0)
