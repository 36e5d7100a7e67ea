import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Effect } from "effect"
import { names, presets } from "../../src/config/Preset.ts"
import * as Settings from "../../src/config/Settings.ts"

type Env = Record<string, string>

const within = (values: Env) => ConfigProvider.layer(ConfigProvider.fromEnvRecord(values))
const read = (values: Env) => Settings.config.pipe(Effect.provide(within(values)))
const invalid = (error: Config.ConfigError) => {
  assert.instanceOf(error, Settings.InvalidSettings)
  return error
}
const refused = (values: Env) => Effect.map(Effect.flip(read(values)), invalid)

describe("Settings", () => {
  it.effect("with an empty environment the defaults are in force", () =>
    Effect.gen(function* () {
      const { inForce, unknown, ...values } = yield* read({})

      assert.deepStrictEqual(values, {
        preset: "default",
        maxConcurrentRequests: 3,
        requestsPerSecond: 2,
        maxQueueSize: 50,
        adaptiveMaxConcurrent: 64,
        circuitBreaker: { maxFailures: 5, timeout: 30_000 },
        requestTimeout: 60_000,
        streamIdleTimeout: 60_000,
        deadline: 120_000,
        maxRetries: 2,
        tokensPerMinute: Infinity,
        model: "gpt-4o-mini",
        baseUrl: undefined,
        apiKey: undefined,
        simulated: true,
        configFile: undefined,
        streamUsage: "auto",
        httpProxy: undefined,
        httpsProxy: undefined,
        noProxy: undefined,
        jobsPerMinute: 10,
        populationSize: 20,
        host: "127.0.0.1",
        port: 3000,
        apiKeys: [],
        allowAnonymous: false,
        maxBodyBytes: 33_554_432,
        keepAlive: 75_000,
        databaseUrl: undefined,
        redisUrl: undefined,
        storeDown: "local",
        storeAllowance: 0,
        storeLease: 10_000,
        logLevel: "Info",
        logFormat: undefined
      })
      assert.isTrue(inForce.every(({ source }) => source === "default"))
      assert.deepStrictEqual(unknown, [])
    })
  )

  it.effect("an empty or blank variable counts as unset", () =>
    Effect.gen(function* () {
      const blank = Object.fromEntries(
        (yield* read({})).inForce.map(({ name }, index) => [name, " \t\n".slice(index % 4)])
      )

      assert.deepStrictEqual(yield* read(blank), yield* read({}))
    })
  )

  it.effect("numbers may be written plainly or with an exponent, with blanks around", () =>
    Effect.gen(function* () {
      const { maxBodyBytes, maxQueueSize, port, requestsPerSecond } = yield* read({
        LLM_REQUESTS_PER_SECOND: " .5 ",
        LLM_MAX_QUEUE_SIZE: "1e3\n",
        HEADGATE_MAX_BODY_BYTES: "1E10",
        PORT: "08080.0"
      })

      assert.deepStrictEqual([requestsPerSecond, maxQueueSize, maxBodyBytes, port], [0.5, 1000, 1e10, 8080])
    })
  )

  it.effect("a limit that is off is infinite, in any case of its word", () =>
    Effect.gen(function* () {
      const settings = yield* read({
        LLM_MAX_CONCURRENT_REQUESTS: "Unlimited",
        LLM_REQUESTS_PER_SECOND: "UNLIMITED",
        LLM_CIRCUIT_BREAKER_MAX_FAILURES: "Off",
        LLM_DEADLINE_MS: "NONE",
        LLM_TOKENS_PER_MINUTE: "none"
      })

      const { circuitBreaker, deadline, maxConcurrentRequests, requestsPerSecond, tokensPerMinute } = settings
      const off = [maxConcurrentRequests, requestsPerSecond, circuitBreaker.maxFailures, deadline, tokensPerMinute]
      assert.deepStrictEqual(off, [Infinity, Infinity, Infinity, Infinity, Infinity])
    })
  )

  it.effect("an explicit variable wins over the preset, the preset over the default", () =>
    Effect.gen(function* () {
      const { circuitBreaker, inForce, maxConcurrentRequests, maxQueueSize } = yield* read({
        LLM_PRESET: "unstable",
        LLM_MAX_CONCURRENT_REQUESTS: "7"
      })

      const sources = Object.fromEntries(inForce.map(({ name, source }) => [name, source]))
      assert.deepStrictEqual([maxConcurrentRequests, maxQueueSize, circuitBreaker.timeout], [7, 50, 60_000])
      assert.strictEqual(sources["LLM_PRESET"], "environment")
      assert.strictEqual(sources["LLM_MAX_CONCURRENT_REQUESTS"], "environment")
      assert.strictEqual(sources["LLM_REQUESTS_PER_SECOND"], "preset")
      assert.strictEqual(sources["LLM_MAX_QUEUE_SIZE"], "preset")
      assert.strictEqual(sources["LLM_CIRCUIT_BREAKER_MAX_FAILURES"], "preset")
      assert.strictEqual(sources["LLM_CIRCUIT_BREAKER_TIMEOUT_MS"], "preset")
      assert.strictEqual(sources["LLM_REQUEST_TIMEOUT_MS"], "default")
    })
  )

  it.effect("each preset is in force when it is named", () =>
    Effect.forEach(names, (name) =>
      Effect.map(read({ LLM_PRESET: name }), (settings) => {
        assert.strictEqual(settings.preset, name)
        assert.containSubset(settings, presets[name])
      })
    )
  )

  it.effect("agents run against a real endpoint only if their number is set", () =>
    Effect.gen(function* () {
      const cases = [{ OPENAI_API_KEY: "k" }, { OPENAI_BASE_URL: "http://a" }, { OPENAI_API_KEY: " " }]
      const settings = yield* Effect.forEach([...cases, { OPENAI_API_KEY: "k", POPULATION_SIZE: "3" }], read)

      const found = settings.map(({ populationSize, simulated }) => [simulated, populationSize])
      assert.deepStrictEqual(found, [
        [false, 0],
        [false, 0],
        [true, 20],
        [false, 3]
      ])
    })
  )

  it.effect("a base URL ends without a slash and keeps its query, which is not shown", () =>
    Effect.gen(function* () {
      const { baseUrl, inForce } = yield* read({ OPENAI_BASE_URL: "HTTPS://Example.com/v1//?key=hidden" })

      assert.strictEqual(baseUrl, "https://example.com/v1?key=hidden")
      assert.notInclude(JSON.stringify(inForce), "hidden")
    })
  )

  it.effect("an address beyond loopback needs keys, or leave to do without", () =>
    Effect.gen(function* () {
      for (const HOST of ["0.0.0.0", "::", "126.0.0.1", "128.0.0.1", "::ffff:10.0.0.1", "example.com"]) {
        const { problems } = yield* refused({ HOST })
        assert.deepStrictEqual(
          problems.map(({ name, value }) => [name, value]),
          [["HOST", HOST]]
        )
        yield* refused({ HOST, HEADGATE_ALLOW_ANONYMOUS: "false" })
        yield* read({ HOST, HEADGATE_ALLOW_ANONYMOUS: "true" })
        yield* read({ HOST, HEADGATE_API_KEYS: "abcdefgh" })
      }
      const { problems } = yield* refused({ HOST: "::", HEADGATE_API_KEYS: "short" })
      assert.deepStrictEqual(
        problems.map(({ name }) => name),
        ["HEADGATE_API_KEYS"]
      )
    })
  )

  it.effect("a gateway that serves is no endpoint of itself, by whatever name", () =>
    Effect.gen(function* () {
      const serving = (values: Record<string, string>) => Effect.provide(Settings.serving, within(values))
      const open = { HEADGATE_ALLOW_ANONYMOUS: "true" }
      for (const values of [
        { OPENAI_BASE_URL: "http://127.0.0.1:3000/v1" },
        { OPENAI_BASE_URL: "http://LocalHost:3000/other" },
        { OPENAI_BASE_URL: "http://[::1]:4000/v1", PORT: "4000" },
        { OPENAI_BASE_URL: "http://localhost/v1", PORT: "80" },
        { OPENAI_BASE_URL: "http://127.0.0.1:3000/v1", HOST: "0.0.0.0", ...open },
        { OPENAI_BASE_URL: "http://0.0.0.0:3000/v1", HOST: "::", ...open },
        { OPENAI_BASE_URL: "http://gate.test:3000/v1", HOST: "Gate.Test", ...open }
      ]) {
        const error = yield* Effect.flip(serving(values))
        assert.match(error.message, /^OPENAI_BASE_URL=http:\S+ is not allowed: .*itself.*HOST.*PORT/)
        // Whoever only speaks to that gateway may.
        yield* read(values)
      }
      for (const values of [
        {},
        { OPENAI_BASE_URL: "http://127.0.0.1:3001/v1" },
        { OPENAI_BASE_URL: "https://127.0.0.1:3000/v1" },
        { OPENAI_BASE_URL: "http://127.0.0.1/v1", PORT: "0" },
        { OPENAI_BASE_URL: "http://model.test:3000/v1" },
        { OPENAI_BASE_URL: "http://127.0.0.1:3000/v1", HOST: "10.0.0.1", ...open }
      ]) {
        yield* serving(values)
      }
      const { message } = yield* Effect.flip(serving({ OPENAI_BASE_URL: "http://localhost:3000/v1?key=hidden" }))
      assert.notInclude(message, "hidden")
    })
  )

  it.effect("the failure is a ConfigError", () =>
    Effect.gen(function* () {
      const caught = yield* read({ PORT: "high" }).pipe(
        Effect.catchTag("ConfigError", ({ message }) => Effect.succeed(message))
      )

      assert.strictEqual(caught, "PORT=high is not allowed: a whole number from 0 to 65535; for example PORT=3000")
    })
  )

  it.effect("the limits alone ask nothing of the service's variables", () =>
    Effect.gen(function* () {
      const ofOthers = {
        HOST: "0.0.0.0",
        PORT: "high",
        LOG_LEVEL: "VERBOSE",
        LOG_FORMAT: "xml",
        REDIS_URL: "x",
        DATABASE_URL: "x"
      }

      const limits = yield* Settings.limits.pipe(Effect.provide(within({ ...ofOthers, LLM_PRESET: "heavy" })))
      const error = yield* Settings.limits.pipe(Effect.provide(within({ LLM_MAX_RETRIES: "21" })), Effect.flip)

      assert.deepStrictEqual(limits, { ...presets.heavy, preset: "heavy" })
      assert.match(error.message, /^LLM_MAX_RETRIES=21 is not allowed/)
    })
  )
})
