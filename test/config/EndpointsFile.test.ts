import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import * as EndpointsFile from "../../src/config/EndpointsFile.ts"
import * as Preset from "../../src/config/Preset.ts"
import * as Settings from "../../src/config/Settings.ts"

const parse = (text: string) =>
  EndpointsFile.parse("gate.json", text, {
    defaults: { ...Preset.presets.default, preset: "default" },
    isItself: (url) => url.startsWith("http://127.0.0.1:3000")
  }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({ EAST_KEY: "sk-east" })))

const messages = (text: string) => Effect.map(Effect.flip(parse(text)), ({ message }) => message.split("\n"))

const east = `"name": "east", "baseUrl": "https://east.test/v1/"`

describe("EndpointsFile", () => {
  it.effect("an alias whose star stands for nothing, and a fallback of a model that nobody serves, are wrong", () =>
    Effect.gen(function* () {
      const found = yield* messages(`{
        "endpoints": [{ ${east}, "aliases": { "y": "*", "local/*": "*" } }],
        "fallbackModels": { "5OO": ["local/a"], "y": ["local/b"] }
      }`)

      assert.deepStrictEqual(
        found.map((line) => line.split(" is not allowed")[0]),
        ["gate.json:2: endpoints[0].aliases.y=*", "gate.json:3: fallbackModels.5OO=5OO"]
      )
    })
  )

  it.effect("an endpoint has what the file says, and the limits of the environment else", () =>
    Effect.gen(function* () {
      const { endpoints, fallbackModels } = yield* parse(`{
        "endpoints": [
          { ${east}, "apiKeyVariable": "EAST_KEY", "models": ["gpt-*"], "aliases": { "fast": "gpt-4o-mini" },
            "limits": { "maxConcurrentRequests": "unlimited", "requestTimeout": "5 seconds" },
            "circuitBreaker": { "maxFailures": "off" } }
        ],
        "fallbackModels": { "gpt-4o": ["fast"] }
      }`)

      assert.deepStrictEqual(fallbackModels, { "gpt-4o": ["fast"] })
      const [endpoint] = endpoints
      assert.strictEqual(Redacted.value(endpoint!.apiKey!), "sk-east")
      assert.deepStrictEqual([endpoint!.baseUrl, endpoint!.weight, endpoint!.order], ["https://east.test/v1", 1, 0])
      assert.deepStrictEqual(endpoint!.limits, {
        maxConcurrentRequests: Infinity,
        requestsPerSecond: 2,
        tokensPerMinute: Infinity,
        requestTimeout: 5000,
        streamIdleTimeout: 60_000
      })
      assert.deepStrictEqual(endpoint!.circuitBreaker, { maxFailures: Infinity, timeout: 30_000 })
    })
  )

  it.effect("an endpoint's own preset stands in place of the variables, and what its limits say wins", () =>
    Effect.gen(function* () {
      const { endpoints } = yield* parse(`{
        "endpoints": [
          { "name": "light", "baseUrl": "https://a.test/v1", "preset": "light", "limits": { "requestsPerSecond": 7 } },
          { "name": "adaptive", "baseUrl": "https://b.test/v1", "preset": "adaptive" },
          { "name": "fixed", "baseUrl": "https://c.test/v1", "preset": "adaptive",
            "limits": { "maxConcurrentRequests": 4 }, "circuitBreaker": { "maxFailures": "off" } }
        ]
      }`)

      assert.deepStrictEqual(
        endpoints.map(({ circuitBreaker, limits, preset }) => [
          preset,
          limits.maxConcurrentRequests,
          limits.requestsPerSecond,
          circuitBreaker.maxFailures
        ]),
        [
          ["light", 5, 7, 8],
          ["adaptive", Infinity, Infinity, 5],
          ["adaptive", 4, Infinity, Infinity]
        ]
      )
      assert.match(
        (yield* messages(`{ "endpoints": [{ ${east}, "preset": "fast" }] }`))[0]!,
        /^gate\.json:1: endpoints\[0\]\.preset="?fast"? is not allowed: .*adaptive/
      )
    })
  )

  it.effect("what switches a limit off is told as the file writes it", () =>
    Effect.gen(function* () {
      for (const [limit, word] of [
        ["maxConcurrentRequests", "unlimited"],
        ["tokensPerMinute", "none"]
      ]) {
        const [message] = yield* messages(`{ "endpoints": [{ ${east}, "limits": { "${limit}": -1 } }] }`)
        assert.include(message, ` or "${word}"`)
        assert.notMatch(message!, /Infinity/)
      }
      const [message] = yield* messages(`{ "endpoints": [{ ${east}, "limits": { "requestTimeout": -1 } }] }`)
      assert.notMatch(message!, /or Infinity/)
    })
  )

  it.effect("with LLM_PRESET=adaptive endpoints keep a circuit breaker, unless a variable says otherwise", () =>
    Effect.gen(function* () {
      const breakers = Effect.fnUntraced(function* (variables: Record<string, string>) {
        const settings = yield* Effect.provideService(
          Settings.config,
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ LLM_PRESET: "adaptive", ...variables })
        )
        const file = `{ "endpoints": [{ ${east} }] }`
        const { endpoints } = yield* EndpointsFile.parse("gate.json", file, EndpointsFile.surroundingsOf(settings))
        const { circuitBreaker, limits, preset } = endpoints[0]!
        return [preset, limits.maxConcurrentRequests, circuitBreaker.maxFailures]
      })

      assert.deepStrictEqual(yield* breakers({}), ["adaptive", Infinity, 5])
      assert.deepStrictEqual(yield* breakers({ LLM_CIRCUIT_BREAKER_MAX_FAILURES: "off" }), [
        "adaptive",
        Infinity,
        Infinity
      ])
      assert.deepStrictEqual(yield* breakers({ LLM_CIRCUIT_BREAKER_MAX_FAILURES: "9" }), ["adaptive", Infinity, 9])
    })
  )

  it.effect("every mistake is told at once, with its line and path and what may be meant", () =>
    Effect.gen(function* () {
      const found = yield* messages(
        [
          `{`,
          `  "endpoints": [`,
          `    { ${east},`,
          `      "wieght": 2,`,
          `      "limits": { "requestsPerSecond": "many" } },`,
          `    { "name": "east",`,
          `      "baseUrl": "ftp://x", "apiKeyVariable": "WEST_KEY" },`,
          `    { "name": "me", "baseUrl": "http://127.0.0.1:3000/v1", "apiKeyVariable": "sk-secret" }`,
          `  ],`,
          `  "fallbackModel": {}`,
          `}`
        ].join("\n")
      )

      assert.deepStrictEqual(
        found.map((line) => line.replace(/ is not allowed.*/, "")),
        [
          "gate.json:4: endpoints[0].wieght=2",
          `gate.json:5: endpoints[0].limits.requestsPerSecond="many"`,
          "gate.json:6: endpoints[1].name=east",
          `gate.json:7: endpoints[1].baseUrl="ftp://x"`,
          "gate.json:7: endpoints[1].apiKeyVariable=WEST_KEY",
          "gate.json:8: endpoints[2].apiKeyVariable=<redacted>",
          "gate.json:8: endpoints[2].baseUrl=http://127.0.0.1:3000/v1",
          "gate.json:10: fallbackModel={}"
        ]
      )
      assert.include(found[0]!, "did you mean endpoints[0].weight?")
      assert.include(found[1]!, `or "unlimited"`)
      assert.notInclude(found.join(), "secret")
    })
  )

  it.effect("what is right by itself and wrong together is told with its line and path", () =>
    Effect.gen(function* () {
      const found = yield* messages(
        [
          `{ "endpoints": [`,
          `  { ${east}, "weight": 0, "models": ["gpt-*", "fast", "o3"],`,
          `    "aliases": {`,
          `      "a": "b", "b": "c",`,
          `      "c": "a",`,
          `      "same": "same", "fast": "gpt-4o-mini",`,
          `      "local/*": "*",`,
          `      "local/llama*": "llama*"`,
          `    } },`,
          `  { "name": "west", "baseUrl": "https://west.test/v1", "models": [] }`,
          `], "fallbackModels": {`,
          `  "gpt-4o": ["o3", "gpt-5", "local/x", "claude"],`,
          `  "*": ["o3"],`,
          `  "gpt-*": ["gpt-*"],`,
          `  "o3": ["o3"]`,
          `} }`
        ].join("\n")
      )

      assert.deepStrictEqual(
        found.map((line) => line.replace(/ is not allowed.*/, "")),
        [
          "gate.json:2: endpoints[0].weight=0",
          "gate.json:2: endpoints[0].models[1]=fast",
          "gate.json:4: endpoints[0].aliases.a=b",
          "gate.json:8: endpoints[0].aliases.local/llama*=local/llama*",
          "gate.json:10: endpoints[1].models=[]",
          "gate.json:12: fallbackModels.gpt-4o[3]=claude",
          "gate.json:14: fallbackModels.gpt-*=gpt-*",
          "gate.json:14: fallbackModels.gpt-*[0]=gpt-*",
          "gate.json:15: fallbackModels.o3[0]=o3"
        ]
      )
      assert.include(found[2]!, "a -> b -> c -> a")
      assert.include(found[3]!, "as local/* does")
    })
  )

  it.effect("what only looks alike is no mistake", () =>
    Effect.gen(function* () {
      const { endpoints } = yield* parse(
        JSON.stringify({
          endpoints: [
            {
              name: "east",
              baseUrl: "https://east.test/v1",
              models: ["gpt-*", "gpt-4o", "o3"],
              aliases: { "gpt-4o": "gpt-4o", fast: "mini", mini: "gpt-4o-mini", "a*": "a*", "*b": "b*" }
            },
            { name: "East", baseUrl: "https://east.test/v1" }
          ],
          fallbackModels: { "gpt-4o": ["anything"], "gpt-*": ["o3"], "*": ["fast"] }
        })
      )

      assert.strictEqual(endpoints.length, 2)
    })
  )

  it.effect("what is no JSON is told with its line", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* messages(`{\n  "endpoints": [\n    { ${east} },\n  ]\n}`), [
        "gate.json:4: not JSON: `]` should not stand here"
      ])
      assert.deepStrictEqual(yield* messages(`{ "endpoints": [`), [
        "gate.json:1: not JSON: the file ends where `]` should stand"
      ])
      assert.deepStrictEqual(yield* messages(`{ "endpoints": yes }`), ["gate.json:1: not JSON: `yes` is no JSON"])
      assert.match((yield* messages("[]"))[0]!, /^gate\.json:1: /)
      assert.match((yield* messages("{}"))[0]!, /^gate\.json:1: endpoints is missing/)
      assert.match((yield* messages(`{ "endpoints": [] }`))[0]!, /at least one endpoint/)
      assert.match((yield* messages(`{ "endpoints": [{ ${east}, "name": "x" }] }`))[0]!, /endpoints\[0\]\.name=twice/)
    })
  )
})
