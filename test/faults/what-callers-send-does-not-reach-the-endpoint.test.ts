import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { IncomingHttpHeaders } from "node:http"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { chat, endpoint, onLoopback } from "../support/gateway.ts"
import { reply } from "../support/faults.ts"

const keys = { "api-key": "a", "x-api-key": "b", "x-goog-api-key": "c", "ocp-apim-subscription-key": "d" }

const seenBy = Effect.fnUntraced(function* (apiKey: Redacted.Redacted | undefined) {
  const seen: Array<{ readonly url: string; readonly headers: IncomingHttpHeaders }> = []
  const { url: baseUrl } = yield* endpoint(({ headers, url }, response) => {
    seen.push({ url: url!, headers })
    response.writeHead(200, { "content-type": "application/json" }).end(reply)
  })
  const { url } = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl, apiKey }) })
  const ask = (path: string, init: RequestInit) => Effect.promise(() => fetch(url + path, init))
  yield* ask("/v1/chat/completions", chat({}, { ...keys, authorization: "Bearer z" }))
  yield* ask("/v1/models?limit=2&after=a%2Fb", { headers: keys })
  yield* ask("/v1/models/org/model?x=1", { headers: keys })
  return seen
})

describe("what callers send to the gateway alone", () => {
  it.live("keys of callers do not go on where the gateway has one of its own", () =>
    Effect.gen(function* () {
      for (const { headers } of yield* seenBy(Redacted.make("ours"))) {
        assert.strictEqual(headers.authorization, "Bearer ours")
        for (const name of Object.keys(keys)) assert.isUndefined(headers[name], name)
      }
    })
  )

  it.live("and do where it has none", () =>
    Effect.gen(function* () {
      for (const { headers } of yield* seenBy(undefined)) {
        assert.isUndefined(headers.authorization)
        assert.deepInclude(headers, keys)
      }
    })
  )

  it.live("the list of models keeps its query", () =>
    Effect.gen(function* () {
      const [, list, model] = yield* seenBy(undefined)

      assert.deepStrictEqual([list!.url, model!.url], ["/v1/models?limit=2&after=a%2Fb", "/v1/models/org/model?x=1"])
    })
  )
})
