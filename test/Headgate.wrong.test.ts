import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { InvalidOptions } from "../src/config/InvalidOptions.ts"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import * as AdmissionQueue from "../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as Router from "../src/policy/Router/Router.ts"
import { createProvider } from "../src/Provider.ts"

const wrong = (value: unknown) => value as never

const problemsOf = <A>(layer: Layer.Layer<A, InvalidOptions>) =>
  Effect.map(Effect.flip(Effect.scoped(Layer.build(layer))), ({ message }) => message)

describe("Wrong options", () => {
  it.effect("a router without endpoints says what is missing", () =>
    Effect.gen(function* () {
      for (const options of [{}, undefined, { endpoints: {} }, 5]) {
        const router = Router.layer(wrong(options)).pipe(Layer.provide(Gate.layerNoop))
        for (const layer of [router, Headgate.routed(wrong(options))]) {
          assert.match(yield* problemsOf(layer), /endpoints(=.* is not allowed| is missing): a list of endpoints/)
        }
      }
      assert.match(
        yield* problemsOf(Headgate.routed(wrong({ endpoints: [], fallbackModel: {} }))),
        /did you mean fallbackModels/
      )
    })
  )

  it.effect("one of several words is named as a program gives it", () =>
    Effect.gen(function* () {
      const queue = AdmissionQueue.layer({ capacity: 1, whenFull: wrong("drop") })
      const message = yield* problemsOf(queue.pipe(Layer.provide(Gate.layerNoop)))

      assert.match(message, /one of refuse, dropOldest/)
    })
  )

  it("work that is no function is named", async () => {
    await using provider = await createProvider({ maxConcurrentRequests: 1 })
    const error: unknown = await provider.run(wrong("x")).catch((error: unknown) => error)

    assert.instanceOf(error, InvalidOptions)
    assert.match((error as InvalidOptions).message, /^work=/)
  })
})
