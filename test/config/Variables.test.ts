import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Effect } from "effect"
import * as Settings from "../../src/config/Settings.ts"

type Env = Record<string, string>

const within = (values: Env) => ConfigProvider.layer(ConfigProvider.fromEnvRecord(values))
const read = (values: Env) => Settings.config.pipe(Effect.provide(within(values)))
const invalid = (error: Config.ConfigError) => {
  assert.instanceOf(error, Settings.InvalidSettings)
  return error
}
const refused = (values: Env) => Effect.map(Effect.flip(read(values)), invalid)

const noNumbers = ["many", "-1", "-0", "+5", "NaN", "Infinity", "1e400", "99999999999999999999", "1e", "."]
const notPlain = ["0x10", "0b1", "1_000", "1,000", "1 000", "5s", "5n", "\u0663", "true", "null"]
const numbers: Record<string, { readonly allowed: ReadonlyArray<string>; readonly refused: ReadonlyArray<string> }> = {
  LLM_MAX_CONCURRENT_REQUESTS: { allowed: ["1", "100000", "unlimited"], refused: ["0", "100001", "3.5", "off"] },
  LLM_REQUESTS_PER_SECOND: {
    allowed: ["0.001", "100000", "unlimited"],
    refused: ["0", "0.0009", "100000.1", "1e-400", "none"]
  },
  LLM_MAX_QUEUE_SIZE: { allowed: ["0", "1000000"], refused: ["1000001", "3.5", "unlimited"] },
  LLM_CIRCUIT_BREAKER_MAX_FAILURES: { allowed: ["1", "1000000", "off"], refused: ["0", "1000001", "3.5", "unlimited"] },
  LLM_CIRCUIT_BREAKER_TIMEOUT_MS: { allowed: ["1", "86400000"], refused: ["0", "86400001", "3.5", "none"] },
  LLM_REQUEST_TIMEOUT_MS: { allowed: ["1", "86400000"], refused: ["0", "86400001", "3.5", "none"] },
  LLM_STREAM_IDLE_TIMEOUT_MS: { allowed: ["1", "86400000"], refused: ["0", "86400001", "3.5", "none"] },
  LLM_DEADLINE_MS: { allowed: ["1", "86400000", "none"], refused: ["0", "86400001", "3.5", "unlimited"] },
  LLM_MAX_RETRIES: { allowed: ["0", "20"], refused: ["21", "3.5", "unlimited"] },
  LLM_TOKENS_PER_MINUTE: { allowed: ["1", "1000000000000", "none"], refused: ["0", "1000000000001", "unlimited"] },
  JOBS_PER_MIN: { allowed: ["0", "0.5", "1000000"], refused: ["1000001", "unlimited"] },
  POPULATION_SIZE: { allowed: ["0", "100000"], refused: ["100001", "3.5", "none"] },
  PORT: { allowed: ["0", "65535"], refused: ["65536", "3.5", "none"] },
  HEADGATE_MAX_BODY_BYTES: { allowed: ["1024", "10000000000"], refused: ["0", "1023", "10000000001", "1024.5"] }
}
const words: typeof numbers = {
  LLM_PRESET: {
    allowed: ["default", "heavy", "light", "unstable"],
    refused: ["Heavy", "0", "-1", "NaN", "constructor", "heavy light"]
  },
  LOG_LEVEL: { allowed: ["all", "debug", "none"], refused: ["loud", "0", "INFO", "-1"] },
  LOG_FORMAT: { allowed: ["pretty", "json"], refused: ["JSON", "xml", "0"] },
  HEADGATE_ALLOW_ANONYMOUS: { allowed: ["true", "false"], refused: ["yes", "1", "0", "True"] },
  HOST: {
    allowed: ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "localhost", "LocalHost"],
    refused: ["0", "-1", "127.1", "256.1.1.1", "0x7f000001", "[::1]", "localhost:80", "http://localhost", "a b", "a..b"]
  },
  OPENAI_BASE_URL: {
    allowed: ["http://127.0.0.1:11434/v1", "https://[::1]:8443", "https://example.com/v1"],
    refused: ["text", "0", "-1", "ftp://a.b", "http://", "//a.b/v1", "http://a b", "http://a:99999", "http://a/#b"]
  }
}
const variables = { ...numbers, ...words }

describe("Variables", () => {
  for (const [name, { allowed, refused: outside }] of Object.entries(variables)) {
    it.effect(`${name} takes what is in its range, and is in force as written`, () =>
      Effect.forEach(allowed, (value) =>
        Effect.map(read({ [name]: value }), ({ inForce }) =>
          assert.deepStrictEqual(
            inForce.find((variable) => variable.name === name),
            { name, value, source: "environment" }
          )
        )
      )
    )

    it.effect(`${name} refuses every other value in a line with an example that works`, () =>
      Effect.forEach([...outside, ...(name in numbers ? [...noNumbers, ...notPlain] : [])], (value) =>
        Effect.gen(function* () {
          const { message, problems } = yield* refused({ [name]: value })

          assert.strictEqual(problems.length, 1, value)
          const [{ allowed, example }] = problems as [Settings.InvalidSettings["problems"][number]]
          assert.strictEqual(message, `${name}=${value} is not allowed: ${allowed}; for example ${name}=${example}`)
          yield* read({ [name]: example! })
        })
      )
    )
  }

  it.effect("one report names every variable that is not allowed", () =>
    Effect.gen(function* () {
      const bad = Object.entries(variables).map(([name, { refused }]) => [name, refused[0]!] as const)
      const secrets = {
        HEADGATE_API_KEYS: "short",
        OPENAI_API_KEY: "a\nb",
        REDIS_URL: "http://a",
        DATABASE_URL: "mysql://a"
      }

      const { message } = yield* refused({ ...Object.fromEntries(bad), ...secrets })

      const expected = [...bad, ...Object.keys(secrets).map((name) => [name, "<redacted>"] as const)]
      const lines = message.split("\n").map((line) => line.slice(0, line.indexOf(" is not allowed: ")))
      assert.sameMembers(
        lines,
        expected.map(([name, value]) => `${name}=${value}`)
      )
    })
  )
})
