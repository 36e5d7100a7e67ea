import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { answer, chunk, events, facing } from "../support/faults.ts"

/** Writes a text again and again until the connection is closed. */
const repeat = (begun: string, block: string) =>
  facing(
    (response) => {
      response.writeHead(200, { "content-type": events }).write(begun)
      response.flushHeaders()
      const timer = setInterval(() => response.write(block), 20)
      response.on("close", () => clearInterval(timer))
    },
    { requestTimeout: "300 millis", streamIdleTimeout: "100 millis" }
  )

const blocks = [
  "event: heartbeat\n\n",
  "id: 1\n\n",
  ": alive\n\n",
  "retry: 1000\n\n",
  "\n\n",
  "\r\n",
  "event: ping\r\nid: 7\r\n\r\n",
  "unknown: field\n\n",
  "heartbeat\n\n",
  "data:\n\n",
  "data: \n\n",
  ": a\nid: 2\n: b\n\n"
]

describe("blocks-without-data-hold-the-place", () => {
  it.live.each(blocks.map((block) => [JSON.stringify(block), block] as const))(
    "%s is handed on at once, and breaks no silence",
    ([, block]) =>
      Effect.gen(function* () {
        const { stats, url } = yield* repeat(chunk({ content: "a" }), block)

        const { text } = yield* (yield* stream(url)).end

        assert.match(text, /upstream_idle_timeout/)
        assert.isAbove(text.split(block).length, 1)
        yield* until(stats, ({ queue }) => queue.activeRequests === 0)
      })
  )

  it.live.each(["event: heartbeat\n\n", ": alive\n\n", "id: 1\n\n"])("%j begins no answer", (block) =>
    Effect.gen(function* () {
      const { stats, url } = yield* repeat(block, block)

      const { text } = yield* (yield* stream(url)).end

      assert.match(text, /upstream_timeout/)
      const { firstToken, queue } = yield* stats.snapshot
      assert.deepStrictEqual([firstToken.mean, queue.activeRequests], [null, 0])
    })
  )

  it.live("blocks without data before and in an answer pass byte for byte", () =>
    Effect.gen(function* () {
      const text = `retry: 5\n\nevent: x\n\n${chunk({ content: "a" })}id: 3\n\n${answer()}`
      const { url } = yield* facing((response) => response.writeHead(200, { "content-type": events }).end(text))

      assert.strictEqual((yield* (yield* stream(url)).end).text, text)
    })
  )
})
