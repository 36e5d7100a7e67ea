// A policy with a leak, and what the laws say about it: run it, mend it, run it again.
import { Console, Effect, Layer } from "effect"
import { Gate, QueueFull, Rejection } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

const full = Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 0, retryAfter: undefined }) }))

/** Lets two calls run and refuses the others. */
const two = Gate.wrap((pass) =>
  Effect.sync(() => {
    let free = 2
    const release = Effect.sync(() => free++)
    return (options, call) =>
      Effect.suspend(() => {
        if (free === 0) return full
        free--
        // The mistake: nothing but `onExit` or `ensuring` runs when the caller is interrupted.
        return pass(options, call).pipe(
          Effect.tap(() => release),
          Effect.tapCause(() => release)
        )
      })
  })
).pipe(Layer.provide(Gate.layerNoop))

// Calls that take several permits are left out: the policy does not look at their options.
const promises = { permits: 2, capacity: 0, optionsOf: (drawn: object) => ({ ...drawn, permits: 1 }) }

Effect.runPromise(
  check(Law.all, two, promises).pipe(
    Effect.andThen(Console.log("It keeps every law.")),
    Effect.catchTag("LawBroken", ({ message }) => Console.log(message))
  )
)
