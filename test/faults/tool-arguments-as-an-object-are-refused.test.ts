import { describe } from "@effect/vitest"
import { chunk, events, reply } from "../support/openai.ts"
import { type Cases, calls, pieces, oslo, first, hello, holds, fails, named, alike } from "../support/replies.ts"

describe("tool-arguments-as-an-object-are-refused", () => {
  const weather = (params: unknown, more: object = {}) => ({
    content: null,
    tool_calls: [{ index: 0, id: "call_a", type: "function", ...named("weather", params), ...more }]
  })

  holds({
    ...alike("an object", weather({ city: "Oslo" }), first),
    ...alike("a text of JSON", weather(oslo), first),
    ...alike("a text of JSON in a text of JSON", weather(JSON.stringify(oslo)), first),
    ...alike("a text with space around it", weather(`\n ${oslo} \n`), first),
    ...alike(
      "name and arguments beside the id",
      { tool_calls: [{ id: "call_a", name: "weather", arguments: { city: "Oslo" } }] },
      first
    ),
    ...alike(
      "a call under its old name",
      { content: null, function_call: { name: "weather", arguments: { city: "Oslo" } } },
      first
    ),
    ...alike(
      "a call under both names",
      { ...weather(oslo), function_call: { name: "weather", arguments: oslo } },
      first
    ),
    ...alike("calls that are null", { content: "Hello", tool_calls: null, function_call: null }, hello),
    ...alike(
      "calls that are empty",
      { content: "Hello", tool_calls: [], function_call: { name: "", arguments: "" } },
      hello
    ),
    ...alike("a call that says nothing", { content: "Hello", tool_calls: [{ id: "", function: { name: "" } }] }, hello),
    ...[undefined, null, "", "{}", {}, "null", []].reduce(
      (cases: Cases, given, i) => ({
        ...cases,
        ...alike(`no arguments, ${i}`, { tool_calls: [{ id: "a", ...named("now", given) }] }, { calls: [["now", {}]] })
      }),
      {}
    ),
    "streamed: empty objects and lists, null and blanks in pieces of their own": [
      calls(
        { index: 0, id: "a", ...named("find", '{"a":') },
        ...["{}", ',"b":', "[]", ',"c":', "null", ',"d":"', " ", '"', "}"].map((text) => ({
          index: 0,
          ...named("", text)
        }))
      ),
      { calls: [["find", { a: {}, b: [], c: null, d: " " }]] }
    ],
    "streamed: white space after the end": [
      calls({ index: 0, id: "a", ...named("weather", oslo) }, { index: 1, ...named("", "\n") }),
      first
    ],
    "streamed: the old name in pieces": [
      events([
        chunk({ function_call: { name: "weather", arguments: "" } }),
        chunk({ function_call: { arguments: '{"city":' } }),
        chunk({ function_call: { arguments: '"Oslo"}' } }),
        chunk({}, "function_call")
      ]),
      first
    ],
    "streamed: an empty object before the arguments": [
      calls({ index: 0, id: "a", ...named("weather", {}) }, { index: 0, ...pieces(oslo) }),
      first
    ],
    "streamed: the text of an empty object before the arguments": [
      calls(
        { index: 0, id: "a", ...named("weather", "{}") },
        { index: 0, ...pieces('{"city":') },
        { index: 0, ...pieces('"Oslo"}') }
      ),
      first
    ]
  })

  fails({
    "a list is no arguments": [reply(weather([{ city: "Oslo" }])), "InvalidOutputError"],
    "a number is no arguments": [reply(weather(7)), "InvalidOutputError"],
    "a call of nothing": [reply({ tool_calls: [{ id: "a", function: { arguments: oslo } }] }), "InvalidResponseError"],
    "a call that is a text": [reply({ tool_calls: ["weather"] }), "InvalidResponseError"],
    "a call of nothing, streamed": [calls({ index: 0, id: "a", ...pieces(oslo) }), "InvalidResponseError"]
  })
})
