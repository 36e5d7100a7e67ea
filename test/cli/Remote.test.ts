import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { Advice } from "../../src/advice/Advice.ts"
import type { Snapshot } from "../../src/stats/Snapshot.ts"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { run } from "../support/cli.ts"
import { chat, endpoint, onLoopback } from "../support/gateway.ts"

const key = "a-key-of-the-test"
const keyed = { app: { apiKeys: [{ name: "ada", key: Redacted.make(key) }] } }
const portOf = (url: string) => new URL(url).port

describe("A command that speaks to a gateway", () => {
  it.live("stats shows the figures once where no terminal watches", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, chat()).then((response) => response.text()))
      const { code, out } = yield* run(["stats", url])

      assert.strictEqual(code, 0)
      assert.match(out, new RegExp(`^headgate at ${url}\n`))
      assert.match(out, /^calls +1: 1 succeeded/m)
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(out, /\u001b/)
    })
  )

  it.live("finds the gateway by HOST and PORT, and prints JSON for programs", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const env = { HOST: "0.0.0.0", PORT: portOf(url) }
      const stats = yield* run(["stats", "--json"], { env })
      const advice = yield* run(["advise", "--json"], { env })

      assert.strictEqual((JSON.parse(stats.out) as Snapshot).requests.total, 0)
      assert.strictEqual((JSON.parse(advice.out) as Advice).status, "healthy")
    })
  )

  it.live("shows its key, from the flag or the environment, and tells what to do without", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback(keyed)
      const byFlag = yield* run(["stats", url, "--key", key])
      const byVariable = yield* run(["stats", url], { env: { HEADGATE_API_KEY: key } })
      const without = yield* run(["stats", url])
      const wrong = yield* run(["stats", url, "--key", "another-key"])

      assert.deepStrictEqual([byFlag.code, byVariable.code, without.code, wrong.code], [0, 0, 1, 1])
      assert.match(without.err, /asks for a key; give it with --key or HEADGATE_API_KEY/)
      assert.match(wrong.err, /does not know this key/)
      assert.notInclude(wrong.err, "another-key")
    })
  )

  it.live("tells that nothing listens, and that another service does", () =>
    Effect.gen(function* () {
      const { close, url } = yield* endpoint((_request, response) => response.end("hello"))
      const strange = yield* run(["stats", url])
      close()
      const nobody = yield* run(["advise", url])

      assert.deepStrictEqual([strange.code, nobody.code], [1, 1])
      assert.match(strange.err, /^The gateway at .* does not answer as a gateway of headgate does\.$/)
      assert.match(nobody.err, /nothing listens\. Start it with `headgate serve`/)
    })
  )

  it.live("advise fails for a missed target only where that is asked for", () =>
    Effect.gen(function* () {
      const down = yield* endpoint((_request, response) => response.writeHead(500).end("{}"))
      const { url } = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: down.url }) })
      yield* Effect.promise(() => fetch(`${url}/v1/chat/completions`, chat()).then((response) => response.text()))
      const told = yield* run(["advise", url])
      const checked = yield* run(["advise", url, "--check"])

      assert.deepStrictEqual([told.code, checked.code], [0, 1])
      assert.match(checked.out, /^health: unhealthy/)
      assert.match(told.out, /^missed {2}more than 90 % of the calls that start succeed/m)
      assert.match(checked.err, /is (degraded|unhealthy); targets missed: success/)
    })
  )
})
