// A policy with a leak, and what the laws say about it: run it, mend it, run it again.
import { Console, Effect, Layer } from "effect"
import { Gate, QueueFull, Rejection } from "../src/index.ts"
import { check, type CheckOptions, Law } from "../src/testing.ts"

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

// The policy counts every call as one permit, so no call of the scenarios asks for more.
const options: CheckOptions = { permits: 2, capacity: 0, optionsOf: (given) => ({ ...given, permits: 1 }) }

Effect.runPromise(
  check(Law.all, two, options).pipe(
    Effect.andThen(Console.log("It keeps every law.")),
    Effect.catchTag("LawBroken", ({ message }) => Console.log(message))
  )
)
