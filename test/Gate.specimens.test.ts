import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type Call, Stage } from "../src/Call.ts"
import { Gate } from "../src/Gate.ts"
import * as CircuitBreaker from "../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../src/policy/RateLimit/RateLimit.ts"
import * as Router from "../src/policy/Router/Router.ts"

class Passed extends Stage {}

describe("Gate and code of the program", () => {
  it.effect("a policy of the program makes a stage for each call, and none before", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const own = Gate.policy(() =>
        Effect.succeed((call: Call) => {
          seen.push(call.options.caller)
          return new Passed()
        })
      )
      const routed = Router.layer({ endpoints: [{ name: "east", policies: own }] })
      const beneath = own.pipe(Layer.provide(routed), Layer.provide(Gate.layerNoop))

      yield* Effect.gen(function* () {
        assert.deepStrictEqual(seen, [])
        yield* Gate.pass({ caller: "ada" }, Effect.void)
      }).pipe(Effect.provide(ConcurrencyLimit.layer({ permits: 1 }).pipe(Layer.provide(beneath))))

      assert.deepStrictEqual(seen, ["ada", "ada"])
    })
  )

  it.effect("the key of a limit is asked for calls, and not when the layer is built", () =>
    Effect.gen(function* () {
      const key = ({ model }: { readonly model: string | undefined }) => model!.toUpperCase()
      const layers = [
        ConcurrencyLimit.layer({ permits: 1, key }),
        RateLimit.layer({ perSecond: 1, key }),
        CircuitBreaker.layer({ maxFailures: 5, openDuration: "1 second", key })
      ]
      for (const layer of layers) {
        const call = Gate.pass({ model: "gpt" }, Effect.succeed("an answer"))
        assert.strictEqual(yield* Effect.provide(call, Layer.provide(layer, Gate.layerNoop)), "an answer")
      }
    })
  )
})
