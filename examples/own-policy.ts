// A policy of one's own: lets only callers in that are known, stacks with the others, and is put to the laws.
import { Console, Effect, Layer } from "effect"
import { ConcurrencyLimit, Gate, NeverAdmissible, Rejection, AdmissionQueue } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

const guestList = (known: ReadonlySet<string>) =>
  Gate.wrap((pass) =>
    Effect.succeed((options, call) =>
      known.has(options.caller ?? "anonymous")
        ? pass(options, call)
        : Effect.fail(new Rejection({ reason: new NeverAdmissible({ limit: "permits", asked: 1, capacity: 0 }) }))
    )
  )

const gate = guestList(new Set(["ada"])).pipe(
  Layer.provide(AdmissionQueue.layer({ capacity: 10 })),
  Layer.provide(ConcurrencyLimit.layer({ permits: 2 })),
  Layer.provide(Gate.layerNoop)
)

const ask = (caller: string) =>
  Gate.pass({ caller }, Effect.succeed("welcome")).pipe(
    Effect.catchTag("Rejection", ({ reason }) => Effect.succeed(reason.code)),
    Effect.flatMap((word) => Console.log(`${caller}: ${word}`))
  )

const program = Effect.gen(function* () {
  yield* Effect.provide(Effect.andThen(ask("ada"), ask("bob")), gate)
  yield* check(Law.all, gate, { permits: 2, capacity: 10, optionsOf: (options) => ({ ...options, caller: "ada" }) })
  yield* Console.log("It keeps every law.")
})

Effect.runPromise(program)
