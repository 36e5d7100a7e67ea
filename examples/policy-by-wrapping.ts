// A policy in three lines: it wraps the gate beneath with an operator of Effect. The laws say whether it holds.
import { Console, Effect, Layer, Semaphore } from "effect"
import { AdmissionQueue, Gate } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

const atMost = (permits: number) =>
  Gate.wrap((pass) =>
    Effect.map(Semaphore.make(permits), (semaphore) => (options, call) => semaphore.withPermit(pass(options, call)))
  )

// It stacks with every other policy.
const gate = AdmissionQueue.layer({ capacity: 10 }).pipe(Layer.provide(atMost(2)), Layer.provide(Gate.layerNoop))

const program = Effect.gen(function* () {
  const answer = yield* Effect.provide(Gate.pass({ caller: "ada" }, Effect.succeed("an answer")), gate)
  yield* Console.log(answer)
  // A semaphore of one permit a call knows nothing of calls that take several.
  const optionsOf = (drawn: object) => ({ ...drawn, permits: 1 })
  yield* check(Law.all, gate, { permits: 2, capacity: 10, optionsOf })
  yield* Console.log("It keeps every law.")
})

Effect.runPromise(program)
