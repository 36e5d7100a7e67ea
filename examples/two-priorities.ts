// Two priorities behind one gate: acts go before reflections, except for the call that is the head of the queue already.
import { Console, Effect } from "effect"
import { Gate, Headgate } from "../src/index.ts"

const started: Array<string> = []
const call = (purpose: string, priority: number) =>
  Gate.pass(
    { caller: `agent-${purpose}`, purpose, priority },
    Effect.andThen(
      Effect.sync(() => started.push(purpose)),
      Effect.sleep("5 millis")
    )
  )

const program = Effect.gen(function* () {
  const reflections = Effect.replicateEffect(call("reflect", 2), 3, { concurrency: "unbounded", discard: true })
  const actions = Effect.replicateEffect(call("act", 0), 3, { concurrency: "unbounded", discard: true })
  yield* Effect.all([reflections, actions], { concurrency: "unbounded", discard: true })
  yield* Console.log(started.join(" "))
})

Effect.runPromise(Effect.provide(program, Headgate.make({ maxConcurrentRequests: 1, requestsPerSecond: Infinity })))
