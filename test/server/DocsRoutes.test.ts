import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { methods } from "../../src/server/Routes.ts"
import { chat, fetching, json } from "../support/gateway.ts"
import { faults, resolve } from "../support/jsonSchema.ts"

type Json = Readonly<Record<string, unknown>>

interface Response200 {
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>
  readonly headers?: Json
}

interface Operation {
  readonly operationId: string
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly in: string; readonly required: boolean }>
  readonly responses: Readonly<Record<string, Response200>>
  readonly security: ReadonlyArray<Json>
}

interface Description extends Json {
  readonly openapi: string
  readonly info: Json
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const keys = [{ name: "ada", key: Redacted.make("key-of-ada") }]

const described = Effect.fnUntraced(function* (setup: Parameters<typeof fetching>[0] = {}) {
  const service = yield* fetching(setup)
  const document = yield* json<Description>(yield* service.fetch("/openapi.json", { headers: bearer }))
  return { ...service, document }
})

const bearer = { authorization: "Bearer key-of-ada" }

const operations = ({ paths }: Description) =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
  )

const everyRef = (part: unknown): ReadonlyArray<string> => {
  if (typeof part !== "object" || part === null) return []
  return Object.entries(part).flatMap(([name, value]) => (name === "$ref" ? [value as string] : everyRef(value)))
}

/** The ways in which an answer is not as described. */
const misfits = Effect.fnUntraced(function* (document: Description, operation: Operation, response: Response) {
  const answer = operation.responses[response.status]
  if (answer === undefined) return [`status ${response.status}`]
  const missing = Object.keys(answer.headers ?? {}).filter(
    (name) => name.startsWith("x-request") && !response.headers.has(name)
  )
  const type = response.headers.get("content-type")?.split(";")[0]
  if (type === undefined) return answer.content === undefined ? missing : [...missing, "no content-type"]
  const content = answer.content?.[type]
  if (content === undefined) return [...missing, `content-type ${type}`]
  if (type !== "application/json") return missing
  return [...missing, ...faults(document, content.schema, yield* json<unknown>(response))]
})

const bodies: Readonly<Record<string, RequestInit>> = {
  "/v1/chat/completions": chat(),
  "/v1/completions": chat({ prompt: "Once" }),
  "/v1/embeddings": chat({ input: "Once", model: "text-embedding-3-small" }),
  "/v1/responses": chat({ input: "Once" }),
  "/v1/messages": chat({ max_tokens: 9 }),
  "/v1/messages/count_tokens": chat()
}

describe("GET /openapi.json", () => {
  it.live("is a sound OpenAPI 3.1 document", () =>
    Effect.gen(function* () {
      const { document } = yield* described()
      const ids = operations(document).map(({ operation }) => operation.operationId)

      assert.strictEqual(document.openapi, "3.1.0")
      assert.deepStrictEqual([document.info["title"], typeof document.info["version"]], ["headgate", "string"])
      assert.strictEqual(new Set(ids).size, ids.length)
      for (const reference of everyRef(document)) resolve(document, reference)
      for (const { operation, path } of operations(document)) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const declared = operation.parameters.filter((parameter) => parameter.in === "path")
        assert.deepStrictEqual(
          declared.map(({ name }) => name),
          named
        )
        assert.isTrue(declared.every(({ required }) => required))
        assert.isNotEmpty(Object.keys(operation.responses))
        for (const requirement of operation.security) {
          for (const scheme of Object.keys(requirement)) resolve(document, `#/components/securitySchemes/${scheme}`)
        }
      }
    })
  )

  it.live("describes each route with its methods, and no other", () =>
    Effect.gen(function* () {
      const { document } = yield* described()
      const told = Object.entries(document.paths)
        .filter(([path]) => !path.includes("{"))
        .map(
          ([path, item]) =>
            [
              path,
              Object.keys(item)
                .map((method) => method.toUpperCase())
                .sort()
            ] as const
        )
      const taken = [...methods].map(
        ([path, allow]) =>
          [
            path,
            allow
              .split(", ")
              .filter((method) => method !== "HEAD")
              .sort()
          ] as const
      )

      assert.deepStrictEqual(new Map(told), new Map(taken))
      assert.hasAllKeys(document.paths["/v1/models/{id}"], ["get"])
    })
  )

  it.live("what is described is what is answered", () =>
    Effect.gen(function* () {
      const { document, fetch } = yield* described()
      for (const { method, operation, path } of operations(document)) {
        const asked = path.replace("{id}", "gpt-4o-mini")
        const response = yield* fetch(asked, { ...bodies[path], method, redirect: "manual" })

        assert.deepStrictEqual(yield* misfits(document, operation, response), [], `${method} ${path}`)
        // A form without a key is no form.
        assert.strictEqual(response.status < 400, operation.operationId !== "pages.signIn", `${method} ${path}`)
        if (path === "/stats/stream") yield* Effect.promise(() => response.body!.cancel())
      }
    })
  )

  it.live("so is a streamed answer", () =>
    Effect.gen(function* () {
      const { document, fetch } = yield* described()
      const response = yield* fetch("/v1/chat/completions", chat({ stream: true, max_tokens: 5 }))

      assert.match(response.headers.get("content-type")!, /^text\/event-stream/)
      assert.deepStrictEqual(yield* misfits(document, document.paths["/v1/chat/completions"]!["post"]!, response), [])
      yield* Effect.promise(() => response.text())
    })
  )

  it.live("so is what is refused, for want of a key, of sense or of room, or at the end", () =>
    Effect.gen(function* () {
      const { document, drain, fetch } = yield* described({ app: { apiKeys: keys, maxBodyBytes: 2_000 } })
      const check = Effect.fnUntraced(function* (status: number, path: string, init: RequestInit) {
        const response = yield* fetch(path, init)
        const item = document.paths[path.split("?")[0]!]!

        assert.strictEqual(response.status, status, path)
        assert.deepStrictEqual(yield* misfits(document, item[(init.method ?? "GET").toLowerCase()]!, response), [])
      })
      for (const path of [
        "/stats",
        "/stats/history",
        "/stats/recent",
        "/stats/stream",
        "/advice",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/"
      ]) {
        yield* check(401, path, {})
        yield* check(401, path, { headers: { accept: "text/html" } })
      }
      yield* check(401, "/v1/chat/completions", chat())
      yield* check(401, "/v1/models", {})
      yield* check(400, "/stats/history?since=x", { headers: bearer })
      yield* check(400, "/v1/chat/completions", chat({ messages: 1 }, bearer))
      yield* check(413, "/v1/chat/completions", chat({ padding: "x".repeat(3_000) }, bearer))
      yield* drain.begin
      yield* check(503, "/v1/chat/completions", chat({}, bearer))
      yield* check(503, "/health/ready", {})
    })
  )

  it.live("names every header a caller may send", () =>
    Effect.gen(function* () {
      const { document } = yield* described()
      for (const path of Object.keys(bodies)) {
        assert.deepStrictEqual(
          document.paths[path]!["post"]!.parameters.map(({ name }) => name),
          [
            "x-headgate-priority",
            "x-headgate-purpose",
            "x-headgate-caller",
            "x-headgate-deadline-ms",
            "x-stainless-timeout"
          ]
        )
      }
    })
  )
})

describe("GET /docs", () => {
  it.live("holds the description and all it needs, and may load nothing", () =>
    Effect.gen(function* () {
      const { document, fetch } = yield* described()
      const response = yield* fetch("/docs")
      const policy = response.headers.get("content-security-policy")!
      const html = yield* Effect.promise(() => response.text())

      assert.include(html, JSON.stringify(document.paths["/stats"]!["get"]!.operationId))
      assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-/)
      assert.notMatch(policy, /unsafe|https?:/)
      assert.notMatch(
        html.replace(/<(script|style)[^]*?<\/\1>/g, ""),
        /<(script|link(?! rel="icon" href="assets\/)|img|iframe)/
      )
    })
  )

  it.live.each(["/docs", "/openapi.json", "/", "/assets/uPlot.min.css"])("%s is sent once", (path) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const first = yield* fetch(path)
      const etag = first.headers.get("etag")!
      const again = yield* fetch(path, { headers: { "if-none-match": `"other", W/${etag}` } })
      const other = yield* fetch(path, { headers: { "if-none-match": '"other"' } })

      assert.strictEqual(first.headers.get("cache-control"), "no-cache")
      assert.deepStrictEqual([again.status, again.headers.get("etag")], [304, etag])
      assert.strictEqual(yield* Effect.promise(() => again.text()), "")
      assert.strictEqual(other.status, 200)
    })
  )
})
