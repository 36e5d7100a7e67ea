// A streamed answer: the permit is held from the start to the last chunk, at the reader's pace.
import { Console, Effect, Stream } from "effect"
import { Gate, Headgate, Stats } from "../src/index.ts"

const words = Stream.make("one ", "word ", "after ", "the ", "other")

const program = Effect.gen(function* () {
  const answer = yield* Stream.mkString(Gate.stream({ caller: "ada" }, words))
  const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
  yield* Console.log(`${answer} (${requests.inFlight} in flight)`)
})

Effect.runPromise(Effect.provide(program, Headgate.make()))
