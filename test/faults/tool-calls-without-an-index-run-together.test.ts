import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { chunk, events, reply } from "../support/openai.ts"
import {
  type Seen,
  options,
  answered,
  calls,
  named,
  pieces,
  oslo,
  cet,
  both,
  first,
  holds,
  fails
} from "../support/replies.ts"

describe("tool-calls-without-an-index-run-together", () => {
  const weather = (params: string, more: object = {}) => ({ ...more, ...named("weather", params) })
  const time = (params: string, more: object = {}) => ({ ...more, ...named("time", params) })
  const rome: Seen = {
    calls: [
      ["weather", { city: "Oslo" }],
      ["weather", { city: "Rome" }]
    ]
  }
  const inRome = '{"city":"Rome"}'
  const [head, tail] = ['{"ci', 'ty":"Oslo"}']

  holds({
    "each call in a chunk of its own": [calls(weather(oslo, { id: "a" }), time(cet, { id: "b" })), both],
    "arguments alone belong to the open call": [
      calls(weather(head, { id: "a" }), pieces(tail), time(cet, { id: "b" })),
      both
    ],
    "both in one chunk": [calls([weather(oslo, { id: "a" }), time(cet, { id: "b" })]), both],
    "one index for all, by id": [calls(weather(oslo, { index: 0, id: "a" }), time(cet, { index: 0, id: "b" })), both],
    "one index for all, the same tool": [
      calls(weather(oslo, { index: 0, id: "a" }), weather(inRome, { index: 0, id: "b" })),
      rome
    ],
    "one index for all, the same tool, no ids": [
      calls(weather(oslo, { index: 0 }), weather(inRome, { index: 0 })),
      rome
    ],
    "one index for all, other tools, no ids": [calls(weather(oslo, { index: 0 }), time(cet, { index: 0 })), both],
    "one index for all in one chunk": [
      calls([weather(oslo, { index: 0, id: "a" }), time(cet, { index: 0, id: "b" })]),
      both
    ],
    "one index for all, in pieces": [
      calls(
        weather("", { index: 0, id: "a" }),
        { index: 0, ...pieces(oslo) },
        time("", { index: 0, id: "b" }),
        { index: 0, ...pieces('{"tz":') },
        { index: 0, ...pieces('"CET"}') }
      ),
      both
    ],
    "the same id for all calls": [
      calls(weather(oslo, { index: 0, id: "call_0" }), time(cet, { index: 1, id: "call_0" })),
      both
    ],
    "the same id for all calls, in pieces side by side": [
      calls(
        weather(head, { index: 0, id: "x" }),
        time("", { index: 1, id: "x" }),
        { index: 0, id: "x", ...pieces(tail) },
        { index: 1, id: "x", ...pieces(cet) }
      ),
      both
    ],
    "the same empty id for all calls": [
      calls(weather(oslo, { index: 0, id: "" }), time(cet, { index: 1, id: "" })),
      both
    ],
    "neither ids nor indexes": [calls(weather(oslo), time(cet)), both],
    "neither ids nor indexes, the same tool": [calls(weather(oslo), weather(inRome)), rome],
    "neither ids nor indexes, the same tool in one chunk": [calls([weather(oslo), weather(inRome)]), rome],
    "neither ids nor indexes, pieces side by side": [
      calls([weather(head), time('{"tz"')], [pieces(tail), pieces(':"CET"}')]),
      both
    ],
    "an index that is null, a text, or begins at one": [
      calls(weather(oslo, { index: null, id: "a" }), time(cet, { index: "7", id: "b" })),
      both
    ],
    "an index that counts on within a call": [
      calls(
        weather("", { index: 0, id: "a" }),
        { index: 1, ...pieces(head) },
        { index: 2, ...pieces(tail) },
        time(cet, { index: 3, id: "b" })
      ),
      both
    ],
    "the head of the second call under the first's index, its tail under its own": [
      calls(weather(oslo, { index: 0, id: "a" }), time('{"tz":', { index: 0, id: "b" }), {
        index: 1,
        ...pieces('"CET"}')
      }),
      both
    ],
    "a new id with each piece": [
      calls(
        weather("", { index: 0, id: "r1" }),
        { index: 0, id: "r2", ...pieces(head) },
        { index: 0, id: "r3", ...pieces(tail) },
        time("", { index: 1, id: "r4" }),
        { index: 1, id: "r5", ...pieces(cet) }
      ),
      both
    ],
    "a new id and the name again with each piece": [
      calls(
        weather(head, { index: 0, id: "r1" }),
        weather(tail, { index: 0, id: "r2" }),
        time(cet, { index: 1, id: "r3" })
      ),
      both
    ],
    "id and name again with each piece": [
      calls(
        weather(head, { index: 0, id: "a" }),
        weather(tail, { index: 0, id: "a" }),
        weather("", { index: 0, id: "a" }),
        time(cet, { index: 1, id: "b" })
      ),
      both
    ],
    "the name again with each piece, nothing else": [calls(weather(head), weather(tail), time(cet)), both],
    "empty names after the first": [
      calls(weather(head, { index: 0, id: "a" }), { index: 0, function: { name: "", arguments: tail } }),
      first
    ],
    "null for what is not told again": [
      calls(weather(head, { index: 0, id: "a" }), {
        index: 0,
        id: null,
        type: null,
        function: { name: null, arguments: tail }
      }),
      first
    ],
    "the whole call once more at its end": [
      calls(weather(head, { index: 0, id: "a" }), { index: 0, ...pieces(tail) }, weather(oslo, { index: 0, id: "a" })),
      first
    ],
    "a late name": [
      calls(
        { index: 0, id: "a", ...pieces(head) },
        { index: 0, ...pieces(tail) },
        { index: 0, function: { name: "weather" } },
        time(cet, { index: 1, id: "b" })
      ),
      both
    ],
    "a late id": [calls(weather(""), { id: "a", ...pieces(oslo) }, time("", {}), { id: "b", ...pieces(cet) }), both],
    "a name in pieces": [
      calls(
        { index: 0, id: "a", function: { name: "wea" } },
        { index: 0, function: { name: "ther" } },
        { index: 0, ...pieces(oslo) }
      ),
      first
    ],
    "a call that says nothing beside one that does": [
      calls({ index: 0, id: "", function: { name: "", arguments: "" } }, weather(oslo, { index: 0, id: "a" })),
      first
    ],
    "thoughts and text between the pieces": [
      events([
        chunk({ reasoning: "Hm.", content: "Hello" }),
        chunk({ tool_calls: [weather(head, { id: "a" })] }),
        chunk({ content: "", tool_calls: [pieces(tail)] }),
        chunk({}, "stop")
      ]),
      { text: "Hello", reasoning: "Hm.", ...first }
    ],
    "the last piece beside the reason": [
      events([chunk({ tool_calls: [weather(head)] }), chunk({ tool_calls: [pieces(tail)] }, "tool_calls")]),
      first
    ],
    "no reason, but whole calls and an end": [events([chunk({ tool_calls: [weather(oslo)] })]), first],
    "whole: ids that are missing, empty, repeated or numbers": [
      reply({
        tool_calls: [weather(oslo), weather(oslo, { id: "" }), weather(oslo, { id: "a" }), weather(oslo, { id: "a" })]
      }),
      { calls: Array.from({ length: 4 }, () => ["weather", { city: "Oslo" }] as const) }
    ],
    "whole: one call that is no list": [reply({ tool_calls: weather(oslo, { id: "a" }) }), first]
  })

  fails({
    "arguments of two calls in one are not parted by guess": [
      calls(weather(oslo + inRome, { index: 0, id: "a" })),
      "InvalidOutputError"
    ],
    "further arguments after complete ones are not left out": [
      calls(weather(oslo, { index: 0, id: "a" }), { index: 0, ...pieces(inRome) }),
      "InvalidOutputError"
    ],
    "a call that was cut": [events([chunk({ tool_calls: [weather(head)] })]), "InternalProviderError"],
    "a call whose arguments never came": [events([chunk({ tool_calls: [weather("")] })]), "InternalProviderError"],
    "a tool that is not on offer": [calls({ index: 0, id: "a", ...named("launch", {}) }), "ToolNotFoundError"]
  })

  it.effect("a name is told at once if no other begins like it, and each delta as it comes", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(LanguageModel.streamText(options)).pipe(
        Effect.provide(
          answered(calls(weather("", { index: 0, id: "a" }), { index: 0, ...pieces(head) }, pieces(tail)), "text/plain")
        )
      )

      assert.deepStrictEqual(
        parts.flatMap((part) =>
          part.type === "tool-params-start" ? [part.name] : part.type === "tool-params-delta" ? [part.delta] : []
        ),
        ["weather", head, tail]
      )
    })
  )
})
