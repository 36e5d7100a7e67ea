import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chat, json } from "./support/gateway.ts"
import { get, ready, start } from "./support/service.ts"

describe("npm start", () => {
  it.live(
    "prints where it listens, the model and each limit, answers by the simulated model, and ends on a signal",
    () =>
      Effect.gen(function* () {
        const service = yield* start({ LLM_MAX_CONCURRENT_REQUESTS: "7", LLM_MAX_QUEU_SIZE: "1", LOG_FORMAT: "pretty" })
        const url = yield* ready(service)
        const response = yield* get(`${url}/v1/chat/completions`, chat({ max_tokens: 3 }))

        assert.strictEqual((yield* json<{ object: string }>(response)).object, "chat.completion")
        yield* service.says(/^model: .*simulated/m)
        yield* service.says(/^LLM_MAX_CONCURRENT_REQUESTS=7 \(environment\)$/m)
        yield* service.says(/^LLM_REQUESTS_PER_SECOND=2 \(default\)$/m)
        yield* service.says(/LLM_MAX_QUEU_SIZE .*did you mean LLM_MAX_QUEUE_SIZE/)
        service.child.kill("SIGTERM")
        assert.strictEqual((yield* service.ends).code, 0)
      })
  )
})
