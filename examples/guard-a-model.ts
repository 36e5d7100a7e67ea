// Guards a call: at most three at once, two a second, fifty waiting, and a refusal that says when to come back.
import { Console, Duration, Effect } from "effect"
import { Gate, Headgate, Stats } from "../src/index.ts"

const model = Effect.succeed("an answer of the model")

const program = Effect.gen(function* () {
  const answer = yield* Gate.pass({ caller: "ada", deadline: "20 seconds" }, model).pipe(
    Effect.catchReason("Rejection", "QueueFull", ({ retryAfter = Duration.seconds(1) }) =>
      Effect.succeed(`busy; come back in ${Duration.format(retryAfter)}`)
    )
  )
  const { requests } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)
  yield* Console.log(`${answer} (${requests.succeeded} succeeded)`)
})

Effect.runPromise(Effect.provide(program, Headgate.make({ maxConcurrentRequests: 3, requestsPerSecond: 2 })))
