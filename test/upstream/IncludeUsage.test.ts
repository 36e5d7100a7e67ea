import { isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { withIncludeUsage } from "../../src/upstream/StreamUsage.ts"

const asked = (json: string): string | undefined => {
  const bytes = withIncludeUsage(new TextEncoder().encode(json))
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
}

const all = '"stream_options":{"include_usage":true}'

describe("IncludeUsage", () => {
  it.each([
    ['{"a":1}', `{"a":1,${all}}`],
    ["{}", `{${all}}`],
    [' {\n\t"a" : [ {} , "}" ]\r\n } \n', ` {\n\t"a" : [ {} , "}" ]\r\n ,${all}} \n`],
    ['{"stream_options":null,"a":1}', `{${all},"a":1}`],
    ['{"stream_options":{}}', `{${all}}`],
    ['{"stream_options" : { "x" : 1 } }', '{"stream_options" : { "x" : 1 ,"include_usage":true} }'],
    ['{"stream_options":{"include_usage":false,"x":1}}', '{"stream_options":{"include_usage":true,"x":1}}'],
    ['{"stream_options":{"include_usage":null}}', `{${all}}`]
  ])("%s becomes %s", (before, after) => {
    assert.strictEqual(asked(before), after)
  })

  it.each([
    ["a request that asks already", '{"stream_options":{"include_usage":true}}'],
    ["a request that asks in its last word", `{"stream_options":null,${all}}`],
    ["something of another kind", '{"stream_options":"yes"}'],
    ["a list", "[1]"]
  ])("%s is left alone", (_, json) => {
    assert.isUndefined(asked(json))
  })

  it("unknown fields, large numbers, repeated names, their order and every escape stay as they are", () => {
    const body =
      '{"seed":12345678901234567890,"x":{"b":1,"a":[2,"\\"}\\\\"]},"seed":1e0,"é":"\\u00e4ä\\ud83d\\ude00","z":"\\\\"'

    assert.strictEqual(asked(`${body}}`), `${body},${all}}`)
  })

  it("the name counts, however it is written, and only in the request itself", () => {
    assert.strictEqual(asked('{"stream\\u005foptions":null}'), '{"stream\\u005foptions":{"include_usage":true}}')
    assert.strictEqual(asked(`{"x":{${all}}}`), `{"x":{${all}},${all}}`)
    assert.strictEqual(asked(`{"x":"${JSON.stringify(all).slice(1)}}`), `{"x":"${JSON.stringify(all).slice(1)},${all}}`)
  })

  it("a byte order mark stays", () => {
    assert.strictEqual(asked('\ufeff{"a":1}'), `\ufeff{"a":1,${all}}`)
  })

  it.effect.prop(
    "any object gains the question and loses nothing",
    { body: Schema.Record(Schema.String, Schema.Json), indent: Schema.Literals([0, 2]) },
    ({ body, indent }) =>
      Effect.sync(() => {
        const { stream_options: _, ...rest } = body
        const before = JSON.stringify(rest, undefined, indent)

        const after = asked(before)!

        const wanted = { ...JSON.parse(before), stream_options: { include_usage: true } }
        assert.isTrue(isDeepStrictEqual(JSON.parse(after), wanted), after)
        const end = before.lastIndexOf("}")
        assert.isTrue(after.startsWith(before.slice(0, end)) && after.endsWith(before.slice(end)))
      }),
    { arbitrary: { size: 60 } }
  )
})
