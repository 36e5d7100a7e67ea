import { assert, describe, it } from "@effect/vitest"
import * as ProxyHeaders from "../../src/server/ProxyHeaders.ts"

describe("ProxyHeaders", () => {
  it("what is the connection's, the gateway's or a secret stays behind; all else goes on", () => {
    const went = ProxyHeaders.forwarded(
      {
        "openai-organization": "org",
        "x-unknown": "1",
        host: "gateway",
        connection: "keep-alive, X-Mine",
        "x-mine": "1",
        te: "trailers",
        authorization: "Bearer secret",
        cookie: "secret=1",
        "content-length": "3",
        "accept-encoding": "gzip",
        "x-stainless-timeout": "3",
        "x-headgate-priority": "high",
        "x-headgate-anything": "1"
      },
      { id: "req", caller: undefined, isKeyOurs: false }
    )

    assert.deepStrictEqual(went, {
      "openai-organization": "org",
      "x-unknown": "1",
      "accept-encoding": "identity",
      "x-request-id": "req"
    })
  })

  it("the endpoint's request id comes back under another name, its cookies do not", () => {
    const came = ProxyHeaders.returned({
      "content-type": "application/json",
      "x-ratelimit-limit-requests": "60",
      "x-request-id": "up",
      "set-cookie": "a=1",
      "transfer-encoding": "chunked"
    })

    assert.deepStrictEqual(came, {
      "content-type": "application/json",
      "x-ratelimit-limit-requests": "60",
      "x-upstream-request-id": "up"
    })
  })
})
