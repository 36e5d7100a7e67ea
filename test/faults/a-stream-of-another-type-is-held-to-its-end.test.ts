import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { until } from "../support/gateway.ts"
import { stream } from "../support/reader.ts"
import { always, ask, chunk, done, facing, json, reply } from "../support/faults.ts"

const first = chunk({ content: "first" })
const rest = chunk({}, "stop") + done

const types: ReadonlyArray<Record<string, string>> = [
  {},
  { "content-type": "text/plain; charset=utf-8" },
  { "content-type": "application/octet-stream" },
  { "content-type": json },
  { "content-type": "application/x-ndjson" },
  { "content-type": "text/html" },
  { "content-type": "Text/Event-Stream;charset=utf-8" },
  { "content-type": "binary/octet-stream", "content-encoding": "identity" }
]

const beginnings = [
  "",
  "\n",
  "\r\n\r\n",
  "\ufeff",
  ": OPENROUTER PROCESSING\n\n",
  "event: message\n",
  "id: 1\r\n",
  "retry: 9\n\n"
]

describe("a-stream-of-another-type-is-held-to-its-end", () => {
  it.live.each(types.map((headers) => [JSON.stringify(headers), headers] as const))(
    "events with the headers %s come as they come",
    ([, headers]) =>
      Effect.gen(function* () {
        const { endpoint, stats, url } = yield* facing((response) => {
          response.writeHead(200, headers).write(first)
        })
        const reader = yield* stream(url)

        assert.strictEqual(yield* reader.reads(/first/), first)
        ;(yield* endpoint.asked(0)).response.end(rest)

        assert.strictEqual((yield* reader.end).text, first + rest)
        yield* until(stats, ({ requests }) => requests.inFlight === 0)
        assert.isAbove((yield* stats.snapshot).tokens.completion, 0)
      })
  )

  it.live.each(beginnings.map((text) => [JSON.stringify(text), text] as const))(
    "events that begin with %s are known by their bytes, wherever those are cut",
    ([, begun]) =>
      Effect.gen(function* () {
        const bytes = Buffer.from(begun + first)
        const { endpoint, url } = yield* facing((response) => {
          response.writeHead(200, { "content-type": "text/plain" })
          for (const byte of bytes) response.write(Buffer.from([byte]))
        })
        const reader = yield* stream(url)

        yield* reader.reads(/first/)
        ;(yield* endpoint.asked(0)).response.end(rest)

        assert.strictEqual((yield* reader.end).text.replace("\ufeff", ""), (begun + first + rest).replace("\ufeff", ""))
      })
  )

  it.live.each([
    ["JSON", json, reply],
    ["JSON with the label of events", "text/event-stream", reply],
    ["JSON without a label", undefined, `\n ${reply}`],
    ["a text", "text/plain", "dates are no data"],
    ["a page", "text/html", "<html></html>"],
    ["a word that events could begin with", "text/plain", "dat"]
  ] as const)("%s in place of a stream comes whole", ([, type, body]) =>
    Effect.gen(function* () {
      const { outcomes, url } = yield* always({ headers: type === undefined ? {} : { "content-type": type }, body })

      const got = yield* ask(url, { stream: true, stream_options: { include_usage: true } })

      assert.deepStrictEqual([got.status, got.text], [200, body])
      if (type !== undefined) assert.strictEqual(got.headers.get("content-type"), type)
      assert.strictEqual(got.headers.get("content-length"), String(Buffer.byteLength(body)))
      assert.deepInclude(yield* outcomes, { succeeded: 1 })
    })
  )
})
