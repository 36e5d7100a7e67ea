// A policy with hooks: it refuses calls while too many run. The engine runs it without a fiber or a finalizer of its own.
import { Console, Duration, Effect, Layer } from "effect"
import { type Call, Gate, QueueFull, Stage } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

/** How many calls may be inside, and how many are. */
interface Load {
  readonly most: number
  inside: number
}

/** One call at this policy: it is counted from `enter` to `leave`, each of which happens exactly once. */
class CountedCall extends Stage {
  readonly load: Load

  constructor(load: Load) {
    super()
    this.load = load
  }

  override enter() {
    if (this.load.inside === this.load.most) return new QueueFull({ capacity: 0, retryAfter: Duration.seconds(1) })
    this.load.inside++
  }

  override leave() {
    this.load.inside--
  }
}

const shedLoad = (most: number) =>
  Gate.policy(() =>
    Effect.sync(() => {
      const load: Load = { most, inside: 0 }
      return (_call: Call) => new CountedCall(load)
    })
  )

const gate = shedLoad(2).pipe(Layer.provide(Gate.layerNoop))

const call = Gate.pass({ caller: "ada" }, Effect.as(Effect.sleep("5 millis"), "an answer")).pipe(
  Effect.catchTag("Rejection", ({ reason }) => Effect.succeed(reason.code))
)

const program = Effect.gen(function* () {
  const answers = yield* Effect.provide(Effect.replicateEffect(call, 3, { concurrency: "unbounded" }), gate)
  yield* Console.log(answers.join(", "))
  // It counts calls, whatever permits they ask for.
  const optionsOf = (drawn: object) => ({ ...drawn, permits: 1 })
  yield* check(Law.all, gate, { permits: 2, capacity: 0, optionsOf })
  yield* Console.log("It keeps every law.")
})

Effect.runPromise(program)
