import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import { StreamedCalls } from "../../../src/ai/chat/StreamedCalls.ts"
import { piecesOf } from "../../../src/ai/chat/ToolCalls.ts"

const options = {
  tools: [{ name: "now" }, { name: "find" }, { name: "find_all" }]
} as unknown as LanguageModel.ProviderOptions

interface Call {
  readonly id: string
  readonly name: string
  readonly pieces: ReadonlyArray<string>
}

type Write = (call: Call, index: number, piece: string, position: number) => object

const head = ({ id, name }: Call, position: number) => (position === 0 ? { id, name } : {})

const delta = (index: number | undefined, id: string | undefined, name: string | undefined, text: string) => ({
  ...(index !== undefined && { index }),
  ...(id !== undefined && { id }),
  function: { ...(name !== undefined && { name }), arguments: text }
})

/** How servers write the pieces of calls that come one after the other. */
const servers: Readonly<Record<string, Write>> = {
  "by the book": (call, index, piece, position) => {
    const { id, name } = head(call, position) as Partial<Call>
    return delta(index, id, name, piece)
  },
  "without an index": (call, _, piece, position) => {
    const { id, name } = head(call, position) as Partial<Call>
    return delta(undefined, id, name, piece)
  },
  "with one index for all": (call, _, piece, position) => {
    const { id, name } = head(call, position) as Partial<Call>
    return delta(0, id, name, piece)
  },
  "with id and name again in each": (call, index, piece) => delta(index, call.id, call.name, piece),
  "with the id again in each, and no index": (call, _, piece, position) =>
    delta(undefined, call.id, position === 0 ? call.name : "", piece),
  "with a new id in each": (call, index, piece, position) =>
    delta(index, `${call.id}-${position}`, position === 0 ? call.name : undefined, piece),
  "with the same id for all": (call, index, piece, position) =>
    delta(index, "call_0", position === 0 ? call.name : undefined, piece),
  "with an index that counts on": (call, index, piece, position) => {
    const { id, name } = head(call, position) as Partial<Call>
    return delta(index * 100_000 + position, id, name, piece)
  }
}

const Text = Schema.String.check(Schema.isMaxLength(12))
const Given = Schema.Array(
  Schema.Struct({
    name: Schema.Literals(["now", "find", "find_all"]),
    params: Schema.Record(Text, Schema.Union([Text, Schema.Array(Text), Schema.Struct({}), Schema.Null])),
    size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))
  })
).check(Schema.isMaxLength(5))

const cut = (text: string, size: number) => text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? []

describe("StreamedCalls", () => {
  for (const [server, write] of Object.entries(servers)) {
    it.effect.prop(
      `puts the calls of a server together that writes its pieces ${server}`,
      { given: Given },
      ({ given }) =>
        Effect.gen(function* () {
          const all = given.map(({ name, params, size }, i): Call => {
            return { id: `c${i}`, name, pieces: cut(JSON.stringify(params), size) }
          })
          const calls = new StreamedCalls(options)
          for (const [index, call] of all.entries()) {
            for (const [position, piece] of call.pieces.entries()) {
              const delta = { tool_calls: [write(call, index, piece, position)] }
              calls.push(yield* Effect.fromResult(piecesOf(delta)), "r")
            }
          }

          const read = calls.end("r").map(({ name, text }) => [name, JSON.parse(text)])
          assert.deepStrictEqual(
            read,
            given.map(({ name, params }) => [name, JSON.parse(JSON.stringify(params))])
          )
        }),
      { arbitrary: { runs: 60, seed: 1 } }
    )
  }
})
