import { Effect, Layer, ManagedRuntime, Queue, Stream } from "effect"
import { Gate, Headgate } from "../../src/index.ts"
import type { Contender, Suite } from "../Sample.ts"

const ask = {}
// One part at a time, as they come off a wire.
const parts = (times: number) => Stream.rechunk(Stream.range(1, times), 1)

const stack = Headgate.make({ requestsPerSecond: Infinity })

const drain = <R>(
  name: string,
  layer: Layer.Layer<R, unknown>,
  of: (times: number) => Stream.Stream<number, unknown, R>
): Contender => ({
  name,
  make: () => {
    const runtime = ManagedRuntime.make(layer)
    return (times) => runtime.runPromise(Stream.runDrain(of(times)))
  }
})

export const suite: Suite = {
  title: "A part of a stream",
  note: "One long stream, part by part; what a gate adds to a part is the hand-over through a queue of one, which is its backpressure.",
  times: 50_000,
  contenders: [
    drain("a queue of one", Layer.empty, (times) =>
      Stream.callback<number>(
        (queue) =>
          Effect.andThen(
            Stream.runForEachArray(parts(times), (each) => Queue.offerAll(queue, each)),
            Queue.end(queue)
          ),
        { bufferSize: 1 }
      )
    ),
    drain("the bare stream", Layer.empty, parts),
    drain("Gate.stream, open gate", Gate.layerNoop, (times) => Gate.stream(ask, parts(times))),
    drain("Gate.stream, whole stack", stack, (times) => Gate.stream(ask, parts(times)))
  ]
}
