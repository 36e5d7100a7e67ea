import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { misspellings } from "../../src/config/Misspelling.ts"

const known = ["LLM_MAX_QUEUE_SIZE", "LLM_MAX_RETRIES", "LLM_MODEL", "HEADGATE_API_KEYS"]
const find = (provider: ConfigProvider.ConfigProvider) =>
  misspellings(["LLM", "HEADGATE"], known).pipe(Effect.provide(ConfigProvider.layer(provider)))

describe("Misspelling", () => {
  it.effect("a variable that begins like ours is found, with the name it resembles", () =>
    Effect.gen(function* () {
      const found = yield* find(
        ConfigProvider.fromEnvRecord({
          LLM_MAX_QUEUE_SIZE: "1",
          LLM_MAX_QUEUESIZE: "2",
          LLM_MAX_QUEUE_SIZE_: "3",
          LLM__MODEL: "4",
          LLM_MAX_RETREIS_TO_DO: "5",
          LLM_TEMPERATURE: "5",
          HEADGATE_API_KEY: "6",
          LLM: "7",
          "LLM_MODEL\u001b[2J": "8",
          LLMS: "9",
          LLM_MAX_QEUE: "10",
          PATH: "11"
        })
      )

      const byName = Object.fromEntries(found.map(({ name, nearest }) => [name, nearest]))
      assert.deepStrictEqual(byName, {
        LLM: undefined,
        LLM_MAX_QUEUESIZE: "LLM_MAX_QUEUE_SIZE",
        LLM_MAX_QUEUE_SIZE_: "LLM_MAX_QUEUE_SIZE",
        LLM__MODEL: "LLM_MODEL",
        LLM_MAX_QEUE: "LLM_MAX_QUEUE_SIZE",
        LLM_MAX_RETREIS_TO_DO: undefined,
        LLM_TEMPERATURE: undefined,
        HEADGATE_API_KEY: "HEADGATE_API_KEYS",
        "LLM_MODEL\\u{1b}[2J": "LLM_MODEL"
      })
    })
  )

  it.effect("a source that cannot be listed has none", () =>
    Effect.gen(function* () {
      const error = new ConfigProvider.SourceError({ message: "not to be listed" })

      assert.deepStrictEqual(yield* find(ConfigProvider.make(() => Effect.fail(error))), [])
    })
  )
})
