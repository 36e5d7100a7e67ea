import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answering, ask, begun, byParts, events, events200, json, text, url } from "./support/fetching.ts"
import { byHand, pass, provider, settled, turn } from "./support/provider.ts"

const failures = { circuitBreaker: { maxFailures: Infinity } } as const
const reply = { choices: [{ message: { content: "Hello" } }], usage: { prompt_tokens: 3, completion_tokens: 2 } }

/** A refusal as clients read it. */
const codeOf = (response: Response) =>
  Effect.promise(async () => {
    const { error } = (await response.json()) as { error: { code: string; message: string; type: string } }
    assert.isNotEmpty(error.message)
    return error.code
  })

describe("fetch", () => {
  it.effect("sends what it is given, but for what is said to the gate, and gives back what comes", () =>
    Effect.gen(function* () {
      const model = answering(() => json(reply, { status: 201, headers: { "x-request-id": "theirs" } }))
      const { fetch, getStats } = yield* provider({ fetch: model.fetch })
      const headers = { authorization: "Bearer key", "x-headgate-caller": "ada", "x-stainless-timeout": "600" }
      const response = yield* Effect.promise(() => fetch(new URL(url), ask({ seed: 1 }, headers)))

      assert.deepStrictEqual([response.status, response.statusText, response.url], [201, "Created", url])
      assert.deepStrictEqual(yield* Effect.promise(() => response.json()), reply)
      assert.strictEqual(response.headers.get("x-request-id"), "theirs")
      assert.strictEqual(response.headers.get("x-headgate-wait-ms"), "0")
      const [sent] = model.sent
      assert.deepInclude(sent, { url, method: "POST" })
      assert.deepStrictEqual(sent!.headers, { authorization: "Bearer key", "content-type": "application/json" })
      assert.strictEqual(new TextDecoder().decode(sent!.body), ask({ seed: 1 }).body)
      const { callers, requests, tokens } = getStats()
      assert.deepInclude(requests, { total: 1, succeeded: 1, inFlight: 0 })
      assert.deepInclude(tokens, { prompt: 3, completion: 2 })
      assert.strictEqual(callers[0]?.caller, "ada")
    })
  )

  const form = new FormData()
  form.append("purpose", "batch")
  form.append("file", new Blob(["content"]), "file.txt")
  const parts = async function* () {
    yield "one "
    yield new Uint8Array([116, 119, 111])
  }
  const bodies = {
    text: () => [url, { method: "post", body: "one two" }],
    bytes: () => [url, { method: "POST", body: new TextEncoder().encode("xone twox").subarray(1, 8) }],
    "a buffer": () => [url, { method: "POST", body: new TextEncoder().encode("one two").buffer }],
    "a blob": () => [url, { method: "POST", body: new Blob(["one two"]) }],
    "search parameters": () => [url, { method: "POST", body: new URLSearchParams({ one: "two" }) }],
    "a form": () => [url, { method: "POST", body: form }],
    "a stream": () => [url, { method: "POST", body: new Blob(["one two"]).stream(), duplex: "half" }],
    "an iterable": () => [url, { method: "POST", body: parts(), duplex: "half" }],
    "a request": () => [new Request(url, { method: "POST", body: "one two", headers: { "x-own": "1" } })],
    "a request with another body": () => [
      new Request(url, { method: "PUT", body: "x" }),
      { method: "POST", body: "one two" }
    ],
    nothing: () => [url, { method: "POST" }]
  } as unknown as Record<string, () => Parameters<typeof globalThis.fetch>>
  for (const [name, given] of Object.entries(bodies)) {
    it.effect(`a body can be sent again: ${name}`, () =>
      Effect.gen(function* () {
        const model = answering((attempt) => (attempt === 0 ? new Response("busy", { status: 503 }) : json({})))
        const { fetch } = yield* provider({ fetch: model.fetch, maxRetries: 1 })
        const call = settled(fetch(...given()))
        yield* pass(500)

        assert.strictEqual(call.is, "fulfilled")
        const [first, second] = model.sent.map(({ body }) => new TextDecoder().decode(body))
        const expected = name === "nothing" ? /^$/ : name === "a form" ? /content/ : /^one[ =]two$/
        assert.match(first!, expected)
        assert.match(second!, expected)
        const types = model.sent.map(({ headers }) => headers["content-type"])
        assert.deepStrictEqual(types[0], types[1])
        if (name === "text" || name.startsWith("a request")) assert.match(types[0]!, /^text\/plain/)
        if (name === "a request") assert.strictEqual(model.sent[1]!.headers["x-own"], "1")
      })
    )
  }

  it.effect("bytes are those of the moment of the call", () =>
    Effect.gen(function* () {
      const model = answering(() => json({}))
      const { fetch, run } = yield* provider({ fetch: model.fetch, maxConcurrentRequests: 1 })
      const { attempts, work } = byHand()
      void run(work)
      const body = new TextEncoder().encode("one")
      void fetch(url, { method: "POST", body })
      body.fill(0)
      attempts[0]!.resolve("done")
      yield* pass(2)

      assert.strictEqual(new TextDecoder().decode(model.sent[0]!.body), "one")
    })
  )

  it.effect("a stream that is too long, and a header that is wrong, are answered at once", () =>
    Effect.gen(function* () {
      const model = answering(() => json({}))
      const { fetch, getStats } = yield* provider({ fetch: model.fetch, maxBodyBytes: 1024 })
      const body = new Blob(["x".repeat(1025)]).stream()
      const long = yield* Effect.promise(() => fetch(url, { method: "POST", body, duplex: "half" }))
      const wrong = yield* Effect.promise(() => fetch(url, ask({}, { "x-headgate-priority": "soon" })))

      assert.deepStrictEqual([long.status, yield* codeOf(long)], [413, "body_too_large"])
      assert.deepStrictEqual([wrong.status, yield* codeOf(wrong)], [400, "invalid_request"])
      assert.deepStrictEqual([model.sent.length, getStats().requests.total], [0, 0])
    })
  )

  it.effect("what is no request rejects as it does elsewhere, and is no call", () =>
    Effect.gen(function* () {
      const { fetch, getStats } = yield* provider()
      const broken = new Error("broken")
      const body = new ReadableStream({ pull: (controller) => controller.error(broken) })
      const calls = [
        settled(fetch("/v1", ask())),
        settled(fetch(url, { ...ask(), headers: { "no name": "" } })),
        settled(fetch(url, { method: "POST", body, duplex: "half" }))
      ]
      yield* turn

      assert.instanceOf(calls[0]!.value, TypeError)
      assert.instanceOf(calls[1]!.value, TypeError)
      assert.strictEqual(calls[2]!.value, broken)
      assert.strictEqual(getStats().requests.total, 0)
    })
  )

  it.effect("only POST passes the gate", () =>
    Effect.gen(function* () {
      const model = answering(() => json({ data: [] }))
      const { close, fetch, getStats } = yield* provider({ fetch: model.fetch })
      yield* Effect.promise(() => close())
      yield* Effect.promise(() => fetch(url))
      yield* Effect.promise(() =>
        fetch(url, { method: "DELETE", headers: { "x-headgate-caller": "ada", "x-own": "1" } })
      )
      yield* Effect.promise(() => fetch(new Request(url, { headers: { "x-headgate-caller": "ada", "x-own": "2" } })))

      assert.deepStrictEqual(
        model.sent.map(({ headers }) => headers),
        [{}, { "x-own": "1" }, { "x-own": "2" }]
      )
      assert.strictEqual(getStats().requests.total, 0)
    })
  )
})

describe("an answer", () => {
  it.effect("of 4xx is one; 5xx, 408 and 429 are failures that are tried again, and the last comes back", () =>
    Effect.gen(function* () {
      const model = answering((attempt) =>
        json({ error: { message: `no ${attempt}` } }, { status: [400, 500, 408, 429][attempt]! })
      )
      const { fetch, getStats } = yield* provider({ ...failures, fetch: model.fetch, maxRetries: 2 })
      const first = yield* Effect.promise(() => fetch(url, ask()))
      const call = settled(fetch(url, ask()))
      yield* pass(2000)

      assert.deepStrictEqual([first.status, getStats().requests.succeeded], [400, 1])
      const last = call.value as Response
      assert.deepStrictEqual(
        [last.status, yield* Effect.promise(() => last.json())],
        [429, { error: { message: "no 3" } }]
      )
      assert.deepInclude(getStats().requests, { total: 2, failed: 1, retried: 2 })
    })
  )

  it.effect("of 5xx opens the circuit, and a refusal says when to come back", () =>
    Effect.gen(function* () {
      const model = answering(() => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }))
      const limits = { circuitBreaker: { maxFailures: 1, timeout: "5 seconds" } } as const
      const { fetch, getStats } = yield* provider({ ...limits, fetch: model.fetch })
      const failed = yield* Effect.promise(() => fetch(url, ask()))
      const refused = yield* Effect.promise(() => fetch(url, ask()))

      assert.deepStrictEqual([failed.status, failed.statusText, yield* text(failed)], [502, "Bad Gateway", "<html>"])
      assert.deepStrictEqual([refused.status, yield* codeOf(refused)], [503, "circuit_open"])
      assert.strictEqual(refused.headers.get("content-type"), "application/json")
      const wait = Number(refused.headers.get("retry-after-ms"))
      assert.isTrue(wait >= 5000 && wait <= 6000)
      assert.deepInclude(getStats().requests, { failed: 1, rejected: 1 })
    })
  )

  it.effect("of the gate has the status, the code and the headers of each refusal", () =>
    Effect.gen(function* () {
      const model = answering(() => new Promise(() => {}))
      const limits = {
        maxConcurrentRequests: 1,
        maxQueueSize: 1,
        tokensPerMinute: 100,
        requestTimeout: "2 seconds"
      } as const
      const { close, fetch } = yield* provider({ ...limits, fetch: model.fetch })
      const call = (body = {}, headers = {}) => settled(fetch(url, ask(body, headers)))
      const never = call({ max_tokens: 101 })
      const running = call()
      const waiting = call({}, { "x-headgate-deadline-ms": "1000" })
      const full = call()
      yield* pass(2000)
      void close(0)
      const closing = call()
      yield* turn

      const seen = []
      for (const { value } of [full, waiting, running, never, closing]) {
        assert.instanceOf(value, Response)
        const { headers, status } = value
        seen.push([status, yield* codeOf(value), headers.has("retry-after-ms"), headers.get("x-should-retry")])
        assert.match(headers.get("x-headgate-wait-ms")!, /^\d+$/)
      }
      assert.deepStrictEqual(seen, [
        [429, "queue_full", true, null],
        [504, "deadline_exceeded", true, null],
        [504, "upstream_timeout", false, null],
        [400, "never_admissible", false, "false"],
        [503, "shutting_down", true, null]
      ])
      assert.strictEqual((waiting.value as Response).headers.get("x-headgate-wait-ms"), "1000")
    })
  )

  it.effect("that never comes is the error of the network, the very same, and counts as a failure", () =>
    Effect.gen(function* () {
      const down = new TypeError("fetch failed")
      const model = answering(() => Promise.reject(down))
      const { fetch, getStats } = yield* provider({ fetch: model.fetch, maxRetries: 1 })
      const call = settled(fetch(url, ask()))
      yield* pass(500)

      assert.strictEqual(call.value, down)
      assert.strictEqual(model.sent.length, 2)
      assert.deepInclude(getStats().requests, { failed: 1, retried: 1 })
      assert.strictEqual(getStats().circuitBreaker.failures, 2)
    })
  )

  it.effect("without a body has none", () =>
    Effect.gen(function* () {
      const { fetch, getStats } = yield* provider({ fetch: answering(() => new Response(null, { status: 204 })).fetch })
      const response = yield* Effect.promise(() => fetch(url, ask()))

      assert.deepStrictEqual([response.status, response.body], [204, null])
      assert.strictEqual(getStats().requests.succeeded, 1)
    })
  )
})

describe("a deadline", () => {
  for (const [header, value] of [
    ["x-headgate-deadline-ms", "1000"],
    ["x-stainless-timeout", "1"]
  ] as const) {
    it.effect(`is told by ${header}, and ends the call`, () =>
      Effect.gen(function* () {
        const model = answering(() => new Promise(() => {}))
        const { fetch, getStats } = yield* provider({ fetch: model.fetch })
        const call = settled(fetch(url, ask({}, { [header]: value })))
        yield* pass(999)
        assert.strictEqual(call.is, "pending")
        yield* pass(1)

        const response = call.value as Response
        assert.deepStrictEqual([response.status, yield* codeOf(response)], [504, "deadline_exceeded"])
        assert.isNull(response.headers.get("retry-after"))
        assert.deepInclude(getStats().requests, { timedOut: 1, inFlight: 0 })
        assert.isTrue(model.sent[0]!.signal.aborted)
      })
    )
  }
})

describe("a streamed answer", () => {
  const limits = { maxConcurrentRequests: 1, streamIdleTimeout: "5 seconds" } as const

  for (const [what, body, type] of [
    ["a chat that does not ask for one", {}, "application/json"],
    ["a chat that asks for none", { stream: false }, "application/json"],
    ["a body that cannot be read", { stream: true }, "application/x-own"]
  ] as const) {
    it.effect(`to ${what} is handed out as it comes, and the request is left as it is`, () =>
      Effect.gen(function* () {
        const answer = byParts()
        const model = answering(() => answer.response)
        const { fetch, getStats } = yield* provider({ ...limits, fetch: model.fetch })
        const request = ask(body, { "content-type": type })
        const call = settled(fetch(url, request))
        yield* turn
        answer.write(begun("one"))
        yield* turn
        assert.strictEqual(call.is, "fulfilled")
        assert.deepInclude(getStats().queue, { activeRequests: 1 })

        const reading = settled((call.value as Response).text())
        answer.write(events("two"))
        answer.end()
        yield* pass(1)

        assert.strictEqual(reading.value, begun("one") + events("two"))
        assert.strictEqual(new TextDecoder().decode(model.sent[0]!.body), request.body)
        assert.deepInclude(getStats().requests, { succeeded: 1, inFlight: 0 })
      })
    )
  }

  it.effect("holds its place from the first event to the last, at its reader's pace", () =>
    Effect.gen(function* () {
      const answer = byParts()
      const { fetch, getStats } = yield* provider({ ...limits, fetch: answering(() => answer.response).fetch })
      const call = settled(fetch(url, ask({ stream: true })))
      yield* turn
      assert.strictEqual(call.is, "pending")
      answer.write(begun("one"))
      yield* turn
      const response = call.value as Response
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
      assert.deepInclude(getStats().queue, { activeRequests: 1 })
      const { pulls } = answer.seen
      yield* turn
      assert.strictEqual(answer.seen.pulls, pulls)
      assert.isAtMost(pulls, 3)

      const reading = settled(response.text())
      answer.write(events("two"))
      answer.end()
      yield* pass(1)

      assert.strictEqual(reading.value, begun("one") + events("two"))
      assert.deepInclude(getStats().requests, { succeeded: 1, inFlight: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 0)
      assert.isNotNull(getStats().firstToken.p50)
    })
  )

  it.effect("tells its tokens, without showing them to a reader who did not ask", () =>
    Effect.gen(function* () {
      const usage = 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}\n\n'
      const model = answering(() => events200(events("one").replace("data: [DONE]", `${usage}data: [DONE]`)))
      const { fetch, getStats } = yield* provider({ fetch: model.fetch })
      const response = yield* Effect.promise(() => fetch(url, ask({ stream: true })))

      assert.strictEqual(yield* text(response), events("one"))
      yield* turn
      assert.deepInclude(getStats().tokens, { prompt: 5, completion: 7 })
      assert.include(new TextDecoder().decode(model.sent[0]!.body), '"include_usage":true')
    })
  )

  it.effect("that nobody reads loses its place after the longest silence", () =>
    Effect.gen(function* () {
      const answer = byParts()
      const { fetch, getStats } = yield* provider({ ...limits, fetch: answering(() => answer.response).fetch })
      const call = settled(fetch(url, ask({ stream: true })))
      yield* turn
      answer.write(begun("one", "two"))
      yield* pass(4999)
      assert.strictEqual(getStats().queue.activeRequests, 1)
      yield* pass(2)

      assert.deepInclude(getStats().requests, { timedOut: 1, inFlight: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 0)
      assert.isTrue(answer.seen.cancelled)
      assert.instanceOf(call.value, Response)
    })
  )

  it.effect("gives its place back at once when its reader cancels it, reading or not", () =>
    Effect.gen(function* () {
      for (const read of [0, 1]) {
        const answer = byParts()
        const model = answering(() => answer.response)
        const { fetch, getStats } = yield* provider({ ...limits, fetch: model.fetch })
        const call = settled(fetch(url, ask({ stream: true })))
        yield* turn
        answer.write(begun("one"))
        yield* turn
        const reader = (call.value as Response).body!.getReader()
        if (read === 1) yield* Effect.promise(() => reader.read())
        void reader.cancel()
        yield* turn

        assert.deepInclude(getStats().requests, { cancelled: 1, inFlight: 0 })
        assert.strictEqual(getStats().queue.activeRequests, 0)
        assert.isTrue(answer.seen.cancelled)
        assert.isTrue(model.sent[0]!.signal.aborted)
      }
    })
  )

  it.effect("breaks with the reason of its caller's signal", () =>
    Effect.gen(function* () {
      const gone = new Error("gone")
      const answer = byParts()
      const { fetch, getStats } = yield* provider({ ...limits, fetch: answering(() => answer.response).fetch })
      const leaving = new AbortController()
      const call = settled(fetch(url, { ...ask({ stream: true }), signal: leaving.signal }))
      yield* turn
      answer.write(begun("one"))
      yield* turn
      const reading = settled((call.value as Response).text())
      yield* turn
      leaving.abort(gone)
      assert.strictEqual(getStats().queue.activeRequests, 1)
      yield* turn

      assert.strictEqual(reading.value, gone)
      assert.deepInclude(getStats().requests, { cancelled: 1, inFlight: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 0)
      assert.isTrue(answer.seen.cancelled)
    })
  )

  const broken = new Error("terminated")
  for (const [what, end, read] of [
    [
      "a broken connection breaks with its error",
      ({ fail }: ReturnType<typeof byParts>) => fail(broken),
      /^terminated/
    ],
    ["an end before the end is an error", ({ end }: ReturnType<typeof byParts>) => end(), /before it was finished/],
    ["a silence is a refusal", () => {}, /fell silent for 5s/]
  ] as const) {
    it.effect(`in the middle, ${what}`, () =>
      Effect.gen(function* () {
        const answer = byParts()
        const { fetch, getStats } = yield* provider({ ...limits, fetch: answering(() => answer.response).fetch })
        const call = settled(fetch(url, ask({ stream: true })))
        yield* turn
        answer.write(begun("one"))
        yield* turn
        const response = call.value as Response
        const reader = response.body!.getReader()
        const first = yield* Effect.promise(() => reader.read())
        assert.include(new TextDecoder().decode(first.value), "one")
        const next = settled(reader.read())
        yield* turn
        end(answer)
        yield* pass(5001)

        assert.instanceOf(next.value, Error)
        assert.match(next.value.message, read)
        if (what.startsWith("a broken")) assert.strictEqual(next.value, broken)
        assert.deepInclude(getStats().requests, { inFlight: 0, succeeded: 0 })
      })
    )
  }

  it.effect("that tells of its failure itself ends with that", () =>
    Effect.gen(function* () {
      const told = `${begun("one")}data: {"error":{"message":"down"}}\n\n`
      const { fetch, getStats } = yield* provider({ fetch: answering(() => events200(told)).fetch })
      const response = yield* Effect.promise(() => fetch(url, ask({ stream: true })))

      assert.strictEqual(yield* text(response), told)
      assert.strictEqual(getStats().requests.failed, 1)
    })
  )

  it.effect("of another kind comes as it comes", () =>
    Effect.gen(function* () {
      const answer = byParts("audio/mpeg")
      const { fetch, getStats } = yield* provider({ fetch: answering(() => answer.response).fetch })
      const call = settled(fetch("http://model.test/v1/audio/speech", ask()))
      yield* turn
      answer.write("first")
      yield* turn
      const reading = settled((call.value as Response).text())
      answer.write(" last")
      answer.end()
      yield* turn

      assert.strictEqual(reading.value, "first last")
      assert.strictEqual(getStats().requests.succeeded, 1)
    })
  )
})

describe("a caller of fetch that leaves", () => {
  const gone = new Error("gone")

  it.effect("is answered at once, before it has come, waiting or asking, and what comes late is given up", () =>
    Effect.gen(function* () {
      const answer = byParts()
      const { promise, resolve } = Promise.withResolvers<Response>()
      const model = answering(() => promise)
      const { fetch, getStats } = yield* provider({ fetch: model.fetch, maxConcurrentRequests: 1 })
      const leaving = [new AbortController(), new AbortController()]
      const [asking, waiting] = leaving.map(({ signal }) => settled(fetch(url, { ...ask(), signal })))
      const early = settled(fetch(new Request(url, { ...ask(), signal: AbortSignal.abort(gone) })))
      yield* turn
      for (const { abort } of leaving.map((controller) => ({ abort: () => controller.abort(gone) }))) abort()
      yield* turn

      assert.deepStrictEqual([early.value, asking!.value, waiting!.value], [gone, gone, gone])
      assert.deepInclude(getStats().requests, { total: 2, cancelled: 2, inFlight: 0 })
      assert.strictEqual(getStats().queue.activeRequests, 1)
      assert.isTrue(model.sent[0]!.signal.aborted)
      resolve(answer.response)
      yield* turn
      assert.isTrue(answer.seen.cancelled)
      assert.strictEqual(getStats().queue.activeRequests, 0)
    })
  )

  it.effect("that comes as the request is sent, once its body has been read, ends the request", () =>
    Effect.gen(function* () {
      const caller = new AbortController()
      let hasEnded = false
      const { fetch, getStats } = yield* provider({
        fetch: (_input, init) => {
          caller.abort("bye")
          return new Promise((_, reject) => {
            init!.signal!.addEventListener("abort", () => {
              hasEnded = true
              reject(init!.signal!.reason)
            })
          })
        }
      })
      const body = new Blob(["one"]).stream()
      const call = settled(fetch(url, { method: "POST", body, duplex: "half", signal: caller.signal } as RequestInit))
      yield* turn
      yield* pass(100)

      assert.deepStrictEqual(call, { is: "rejected", value: "bye" })
      assert.isTrue(hasEnded)
      assert.strictEqual(getStats().queue.activeRequests, 0)
    })
  )

  it.effect("a fetch that ignores that holds its place for the grace time", () =>
    Effect.gen(function* () {
      const model = answering(() => new Promise(() => {}))
      const { fetch, getStats } = yield* provider({ fetch: model.fetch, requestTimeout: 20, grace: "100 millis" })
      const call = settled(fetch(url, ask()))
      yield* pass(20)
      assert.strictEqual((call.value as Response).status, 504)
      assert.strictEqual(getStats().queue.activeRequests, 1)
      yield* pass(100)

      assert.strictEqual(getStats().queue.activeRequests, 0)
      assert.strictEqual(getStats().requests.zombies, 1)
    })
  )
})

describe("close", () => {
  it.effect("cuts an answer that is still coming", () =>
    Effect.gen(function* () {
      const answer = byParts()
      const { close, fetch, getStats } = yield* provider({ fetch: answering(() => answer.response).fetch })
      const call = settled(fetch(url, ask({ stream: true })))
      yield* turn
      answer.write(begun("one"))
      yield* turn
      const reading = settled((call.value as Response).text())
      const closing = settled(close("3 seconds"))
      yield* pass(2999)
      assert.deepStrictEqual([reading.is, closing.is], ["pending", "pending"])
      yield* pass(1)

      assert.match(String(reading.value), /^RejectionError: The gate is shutting down/)
      assert.strictEqual(closing.is, "fulfilled")
      assert.isTrue(answer.seen.cancelled)
      assert.deepInclude(getStats().requests, { timedOut: 1, inFlight: 0 })
    })
  )
})
