import { assert, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { AiError, LanguageModel, Tool, Toolkit } from "effect/ai"
import { answering, chunk, events, reply } from "./openai.ts"

const city = { parameters: Schema.Struct({ city: Schema.String }), success: Schema.String }
const tools = Toolkit.make(
  Tool.make("weather", city),
  Tool.make("time", { parameters: Schema.Struct({ tz: Schema.String }), success: Schema.String }),
  Tool.make("find", {
    parameters: Schema.Struct({
      a: Schema.Struct({}),
      b: Schema.Array(Schema.String),
      c: Schema.Null,
      d: Schema.String
    }),
    success: Schema.String
  }),
  Tool.make("now", { success: Schema.String })
)
export const options = { prompt: "Hi", toolkit: tools, disableToolCallResolution: true } as const

/** What a reader of an answer sees of it. */
export interface Seen {
  readonly text?: string
  readonly reasoning?: string
  readonly calls?: ReadonlyArray<readonly [name: string, params: unknown]>
}

const seen = (text: string, reasoning: string, calls: Seen["calls"] = []): Seen => ({
  ...(text !== "" && { text }),
  ...(reasoning !== "" && { reasoning }),
  ...(calls.length > 0 && { calls })
})

export const answered = (body: string, type: string) =>
  answering(() => new Response(body, { headers: { "content-type": type } })).layer

const whole = (body: unknown) =>
  LanguageModel.generateText(options).pipe(
    Effect.map((given) => {
      assert.strictEqual(new Set(given.toolCalls.map(({ id }) => id)).size, given.toolCalls.length)
      const calls = given.toolCalls.map(({ name, params }) => [name, params] as const)
      return seen(given.text, given.reasoningText ?? "", calls)
    }),
    Effect.provide(answered(typeof body === "string" ? body : JSON.stringify(body), "application/json"))
  )

const streamed = (body: string) =>
  Stream.runCollect(LanguageModel.streamText(options)).pipe(
    Effect.map((parts) => {
      const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []))
      const deltas = (type: string) => parts.flatMap((part) => (part.type === type ? [part] : []))
      const textOf = (type: string) =>
        deltas(type)
          .map((part) => ("delta" in part ? part.delta : ""))
          .join("")
      assert.strictEqual(new Set(calls.map(({ id }) => id)).size, calls.length)
      // Each call has begun once, and its pieces are the whole of it.
      assert.deepStrictEqual(
        deltas("tool-params-start").map((part) => "id" in part && part.id),
        calls.map(({ id }) => id)
      )
      return seen(
        textOf("text-delta"),
        textOf("reasoning-delta"),
        calls.map(({ name, params }) => [name, params])
      )
    }),
    Effect.provide(answered(body, "text/event-stream"))
  )

/** The same message whole and as one delta. */
export const message = (message: object) => [reply(message), events([chunk(message), chunk({}, "stop")])] as const

/** Deltas of calls, each in a chunk of its own; several in a list share one. */
export const calls = (...deltas: ReadonlyArray<object>) =>
  events([
    ...deltas.map((delta) => chunk({ tool_calls: Array.isArray(delta) ? delta : [delta] })),
    chunk({}, "tool_calls")
  ])

export const named = (name: string, params: unknown) => ({ function: { name, arguments: params } })
export const pieces = (params: string) => ({ function: { arguments: params } })

export const oslo = '{"city":"Oslo"}'
export const cet = '{"tz":"CET"}'
export const both: Seen = {
  calls: [
    ["weather", { city: "Oslo" }],
    ["time", { tz: "CET" }]
  ]
}
export const first: Seen = { calls: [["weather", { city: "Oslo" }]] }
export const hello: Seen = { text: "Hello" }

export type Cases = Readonly<Record<string, readonly [body: unknown, expected: Seen]>>

/** A body is a stream of events if it is a text that begins like one. */
export const holds = (cases: Cases) => {
  for (const [name, [body, expected]] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const isStream = typeof body === "string" && /^(data|event|:|id)/.test(body)

        assert.deepStrictEqual(yield* isStream ? streamed(body) : whole(body), expected)
      })
    )
  }
}

/** Neither whole nor streamed may such an answer pass for a good one. */
export const fails = (
  cases: Readonly<Record<string, readonly [body: unknown, tag: AiError.AiErrorReason["_tag"]]>>
) => {
  for (const [name, [body, tag]] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const isStream = typeof body === "string" && /^(data|event|:|id)/.test(body)
        const error = yield* Effect.flip(isStream ? streamed(body) : whole(body))

        assert.strictEqual(error.reason._tag, tag, error.message)
      })
    )
  }
}

export const alike = (name: string, given: object, expected: Seen): Cases => ({
  [name]: [message(given)[0], expected],
  [`${name}, streamed`]: [message(given)[1], expected]
})
