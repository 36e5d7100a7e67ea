import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { always, ask, chunk, data, done, events } from "../support/faults.ts"

const headers = { "content-type": events }
const usual = { stream: true, stream_options: { include_usage: true } }

/** What endpoints write in the midst of events, and no reader of events would see. */
const declined: ReadonlyArray<readonly [string, string]> = [
  ["a field named error", 'error: {"code":400,"message":"too long","type":"invalid_request_error"}\n\n'],
  ["that field after words", `${chunk({ content: "a" })}error: {"code":400,"type":"invalid_request_error"}\n\n`],
  ["that field before the end", `error: {"error":{"code":404,"message":"x"}}\n\n${done}`],
  ["that field beside others", 'id: 1\nerror: {"code":403}\nretry: 5\n\n'],
  ["a bare line", '{"error":{"message":"x","type":"invalid_request_error"}}\n\n'],
  ["a bare line after words", `${chunk({ content: "a" })}{"error":{"message":"x","code":400}}\n\n`],
  ["a bare line without an end", `${chunk({ content: "a" })}{"error":{"message":"x","code":"context_length_exceeded"}}`]
]

const failed: ReadonlyArray<readonly [string, string]> = [
  ["a field named error", 'error: {"code":500,"message":"x","type":"server_error"}\n\n'],
  ["that field before the end", `error: {"code":503,"type":"unavailable_error"}\n\n${done}`],
  ["that field without JSON", `${chunk({ content: "a" })}error: the slot was lost\n\n`],
  ["a bare line", `${chunk({ content: "a" })}{"error":"model runner has stopped"}\n\n`]
]

describe("an-error-outside-of-any-event-is-not-seen", () => {
  it.live.each(declined)("an error of the request, told in %s, says nothing against the model", ([, body]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body, headers })

      for (let i = 0; i < 4; i++) assert.strictEqual((yield* ask(url, usual)).text, body)

      assert.deepInclude((yield* stats.snapshot).circuitBreaker, { state: "closed", failures: 0 })
    })
  )

  it.live.each(failed)("an error of the model, told in %s, counts", ([, body]) =>
    Effect.gen(function* () {
      const { stats, url } = yield* always({ body, headers })

      for (let i = 0; i < 3; i++) assert.strictEqual((yield* ask(url, usual)).text, body)

      assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, "open")
    })
  )

  it.live("what is no error stays what no reader sees", () =>
    Effect.gen(function* () {
      const body = `{"note":"queued"}\n\nretry: 5\n\n${chunk({ content: "a" })}id: error\n\n${done}`
      const { outcomes, url } = yield* always({ body, headers })

      assert.strictEqual((yield* ask(url, usual)).text, body)
      assert.deepInclude(yield* outcomes, { failed: 0, succeeded: 1 })
    })
  )

  it.live("and an error in data is the one that counts", () =>
    Effect.gen(function* () {
      const body = `error: {"code":400}\n${data({ error: { code: 500 } })}`
      const { outcomes, url } = yield* always({ body, headers })

      assert.strictEqual((yield* ask(url, usual)).text, body)
      assert.deepInclude(yield* outcomes, { failed: 1 })
    })
  )
})
