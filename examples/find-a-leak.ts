// A policy with a leak, and what the laws say of it: run it, mend it, run it again.
import { Console, Effect, Layer } from "effect"
import { Gate, QueueFull, Rejection } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

const full = Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 0, retryAfter: undefined }) }))

/** Lets two calls run and refuses the others. */
const two = Gate.wrap((inner) =>
  Effect.sync(() => {
    let free = 2
    const leave = Effect.sync(() => free++)
    return (ask, call) =>
      Effect.suspend(() => {
        if (free === 0) return full
        free--
        // The mistake: nothing but `onExit` or `ensuring` runs when the caller is interrupted.
        return inner(ask, call).pipe(
          Effect.tap(() => leave),
          Effect.tapCause(() => leave)
        )
      })
  })
).pipe(Layer.provide(Gate.layerNoop))

// It knows nothing of calls that take several permits, so it is asked for none of those.
const options = { permits: 2, capacity: 0, optionsOf: (drawn: object) => ({ ...drawn, permits: 1 }) }

Effect.runPromise(
  check(Law.all, two, options).pipe(
    Effect.andThen(Console.log("It keeps every law.")),
    Effect.catchTag("LawBroken", ({ message }) => Console.log(message))
  )
)
