// A policy of one's own: lets only callers in that are known, stacks with the others, and is put to the laws.
import { Console, Effect, Layer } from "effect"
import { Ask, Concurrency, Gate, NeverAdmissible, Rejection, WaitingRoom } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"

const guestList = (known: ReadonlySet<string>) =>
  Gate.policy((inner) =>
    Effect.succeed((ask, call) =>
      known.has(ask.caller)
        ? inner(ask, call)
        : Effect.fail(new Rejection({ reason: new NeverAdmissible({ limit: "permits", asked: 1, capacity: 0 }) }))
    )
  )

const gate = guestList(new Set(["ada"])).pipe(
  Layer.provide(WaitingRoom.layer({ capacity: 10 })),
  Layer.provide(Concurrency.layer({ permits: 2 })),
  Layer.provide(Gate.layerOpen)
)

const ask = (caller: string) =>
  Gate.pass(Ask.make({ caller }), Effect.succeed("welcome")).pipe(
    Effect.catchTag("Rejection", ({ reason }) => Effect.succeed(reason.code)),
    Effect.flatMap((word) => Console.log(`${caller}: ${word}`))
  )

const program = Effect.gen(function* () {
  yield* Effect.provide(Effect.andThen(ask("ada"), ask("bob")), gate)
  yield* check(Law.all, gate, { permits: 2, capacity: 10, ask: (drawn) => ({ ...drawn, caller: "ada" }) })
  yield* Console.log("It keeps every law.")
})

Effect.runPromise(program)
