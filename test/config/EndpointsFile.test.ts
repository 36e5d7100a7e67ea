import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import * as EndpointsFile from "../../src/config/EndpointsFile.ts"
import * as Preset from "../../src/config/Preset.ts"

const parse = (text: string) =>
  EndpointsFile.parse("gate.json", text, {
    defaults: Preset.presets.default,
    isItself: (url) => url.startsWith("http://127.0.0.1:3000")
  }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({ EAST_KEY: "sk-east" })))

const messages = (text: string) => Effect.map(Effect.flip(parse(text)), ({ message }) => message.split("\n"))

const east = `"name": "east", "baseUrl": "https://east.test/v1/"`

describe("EndpointsFile", () => {
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
      assert.match((yield* messages("{}"))[0]!, /^gate\.json:1: endpoints=undefined is not allowed/)
      assert.match((yield* messages(`{ "endpoints": [] }`))[0]!, /at least one endpoint/)
      assert.match((yield* messages(`{ "endpoints": [{ ${east}, "name": "x" }] }`))[0]!, /endpoints\[0\]\.name=twice/)
    })
  )
})
