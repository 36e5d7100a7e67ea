import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { providerLimitsOf } from "../src/ProviderLimits.ts"

const openai = (reset: string) => ({
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": "59",
  "x-ratelimit-reset-requests": reset,
  "x-ratelimit-limit-tokens": "150000",
  "x-ratelimit-remaining-tokens": "149984",
  "x-ratelimit-reset-tokens": "6m0s"
})

const anthropic = {
  date: "Mon, 30 Nov 2026 12:00:00 GMT",
  "anthropic-ratelimit-requests-limit": "50",
  "anthropic-ratelimit-requests-remaining": "0",
  "anthropic-ratelimit-requests-reset": "2026-11-30T12:00:30Z",
  "anthropic-ratelimit-tokens-limit": "40000",
  "anthropic-ratelimit-tokens-remaining": "1000",
  "anthropic-ratelimit-tokens-reset": "2026-11-30T12:01:00Z"
}

const requestsOf = (headers: object) => providerLimitsOf(Exit.succeed({ headers }))?.requests

describe("providerLimitsOf", () => {
  for (const [text, millis] of [
    ["1s", 1000],
    ["6m0s", 360_000],
    ["20ms", 20],
    ["1h2m3.5s", 3_723_500],
    ["2", 2000],
    ["soon", undefined],
    ["", undefined]
  ] as const) {
    it(`reads a reset of "${text}"`, () => {
      assert.deepStrictEqual(requestsOf(openai(text)), { limit: 60, remaining: 59, reset: millis })
    })
  }

  it("reads tokens beside requests", () => {
    const limits = providerLimitsOf(Exit.succeed({ headers: new Headers(openai("1s")) }))

    assert.deepStrictEqual(limits?.tokens, { limit: 150_000, remaining: 149_984, reset: 360_000 })
  })

  it("reads Anthropic's moments by the clock of the reply", () => {
    assert.deepStrictEqual(requestsOf(anthropic), { limit: 50, remaining: 0, reset: 30_000 })
  })

  it("takes no moment for a time without the clock of the reply", () => {
    assert.strictEqual(requestsOf({ ...anthropic, date: undefined })?.reset, undefined)
  })

  it("reads the headers of an error, and of a response that an answer holds", () => {
    assert.strictEqual(providerLimitsOf(Exit.fail({ status: 429, headers: openai("1s") }))?.requests.limit, 60)
    assert.strictEqual(providerLimitsOf(Exit.succeed({ response: { headers: openai("1s") } }))?.requests.limit, 60)
  })

  it("an answer without such headers says nothing", () => {
    for (const value of [
      undefined,
      "text",
      {},
      { headers: {} },
      { headers: { "x-ratelimit-limit-requests": "many" } }
    ]) {
      assert.strictEqual(providerLimitsOf(Exit.succeed(value)), undefined)
    }
  })
})
