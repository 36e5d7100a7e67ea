import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted, Result, Schema } from "effect"
import { inspect } from "node:util"
import * as Settings from "../../src/config/Settings.ts"

const names = Schema.Literals([
  "LLM_PRESET",
  "LLM_MAX_CONCURRENT_REQUESTS",
  "LLM_MODEL",
  "OPENAI_BASE_URL",
  "OPENAI_API_KEY",
  "HOST",
  "PORT",
  "HEADGATE_API_KEYS",
  "REDIS_URL",
  "DATABASE_URL",
  "LOG_LEVEL"
])
const words = [
  "1",
  "5e1",
  "unlimited",
  "none",
  "heavy",
  "::",
  "a=b",
  "http://",
  "u:pw@h",
  "?",
  ",",
  "\n",
  "\u001b[2J",
  "\u202e"
]
const piece = Schema.Union([Schema.Literals(words), Schema.String])

const read = (values: Readonly<Record<string, string>>) =>
  Settings.config.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(values))))
const everywhere = (value: unknown) =>
  [JSON.stringify(value), String(value), inspect(value, { depth: Infinity, showHidden: true })].join("\n")

describe("Environment", () => {
  it.effect.prop(
    "whatever the variables hold, the report has one clean line for each that is refused",
    { chosen: Schema.Array(Schema.Tuple([names, Schema.Array(piece)])) },
    ({ chosen }) =>
      Effect.gen(function* () {
        const values = Object.fromEntries(chosen.map(([name, pieces]) => [name, pieces.join("")]))
        const result = yield* Effect.result(read(values))
        if (Result.isSuccess(result)) return

        const lines = result.failure.message.split("\n")
        const reported = lines.map((line) => line.slice(0, line.indexOf("=")))
        assert.strictEqual(new Set(reported).size, lines.length)
        assert.includeMembers(Object.keys(values), reported)
        for (const line of lines) assert.match(line, /^[^\p{C}\u2028\u2029]{1,400}$/u)
      }),
    { arbitrary: { runs: 300, seed: 1 } }
  )

  it.effect.prop(
    "what is in force reads back to the same settings",
    {
      LLM_PRESET: Schema.Literals(["default", "heavy", "light", "unstable"]),
      LLM_MAX_CONCURRENT_REQUESTS: Schema.Literals(["1", "1e4", "Unlimited"]),
      LLM_REQUESTS_PER_SECOND: Schema.Literals([".001", "0.1e1", "12.50", "UNLIMITED"]),
      LLM_CIRCUIT_BREAKER_MAX_FAILURES: Schema.Literals(["007", "off"]),
      LLM_DEADLINE_MS: Schema.Literals(["8.64e7", "none"]),
      LOG_LEVEL: Schema.Literals(["warn", "Trace", "none"]),
      OPENAI_BASE_URL: Schema.Literals(["", "HTTP://A/v1/"])
    },
    (values) =>
      Effect.gen(function* () {
        const { inForce, ...before } = yield* read(values)
        const again = Object.fromEntries(inForce.map(({ name, value }) => [name, value ?? ""]))
        const { inForce: shown, ...after } = yield* read(again)

        assert.deepStrictEqual(after, before)
        assert.deepStrictEqual(
          shown.map(({ name, value }) => [name, value]),
          inForce.map(({ name, value }) => [name, value])
        )
      }),
    { arbitrary: { runs: 100, seed: 2 } }
  )

  it.effect("a long value is cut, between two characters", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(read({ PORT: `x${"\u{1f600}".repeat(500)}` }))

      assert.match(message, /^PORT=x(\u{1f600}){39}\.\.\. is not allowed: /u)
    })
  )

  it.effect("secrets that are in force appear nowhere", () =>
    Effect.gen(function* () {
      const settings = yield* read({
        OPENAI_API_KEY: "sk-hidden",
        HEADGATE_API_KEYS: "ada=hidden-1234,hidden-5678",
        REDIS_URL: "rediss://user:hidden@example.com",
        DATABASE_URL: "postgres://user:hidden@example.com/headgate"
      })

      assert.notInclude(everywhere(settings), "hidden")
      assert.strictEqual(Redacted.value(settings.apiKey!), "sk-hidden")
      assert.strictEqual(Redacted.value(settings.redisUrl!), "rediss://user:hidden@example.com")
      assert.strictEqual(Redacted.value(settings.databaseUrl!), "postgres://user:hidden@example.com/headgate")
    })
  )

  it.effect("secrets that are refused appear nowhere, wherever they were put", () =>
    Effect.gen(function* () {
      const keys = ["hid,den-long", "a=hidden-1234,b=hidden-1234", "hidden key", "hidden\u00e9\u00e9\u00e9"]
      const urls = [
        "ftp://u:hidden@a",
        "http://u:hid/den@a",
        "u:hidden@a",
        "sk@hidden@a",
        "ftp://a/?key=hidden",
        "http://hidden@a"
      ]
      const cases = [
        ...keys.map((value) => ({ HEADGATE_API_KEYS: value })),
        ...urls.map((value) => ({ OPENAI_BASE_URL: value })),
        { OPENAI_API_KEY: "sk-hidden\nden" },
        { REDIS_URL: "http://user:hidden@example.com" },
        { DATABASE_URL: "http://user:hidden@example.com" },
        { OPENAI_API_KEY: "sk-hidden", HEADGATE_API_KEYS: "hidden-1234", PORT: "high" }
      ]

      for (const values of cases) {
        const error = yield* Effect.flip(read(values))
        assert.notMatch(everywhere(error), /hid|den/, JSON.stringify(values))
      }
    })
  )
})
