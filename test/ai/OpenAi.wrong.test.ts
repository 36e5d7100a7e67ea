import { describe } from "@effect/vitest"
import { chunk, events, reply } from "../support/openai.ts"
import { fails } from "../support/replies.ts"

describe("a wrong answer", () => {
  const failure = { message: "No luck.", code: 400 }

  fails({
    "has no choices": [{ id: "x", choices: [] }, "InvalidResponseError"],
    "has choices that are null": [{ id: "x", choices: null }, "InvalidResponseError"],
    "has no message": [{ choices: [{ index: 0, finish_reason: "stop" }] }, "InvalidResponseError"],
    "is a text": ['"Hello"', "InvalidResponseError"],
    "ends with an error": [reply({ content: "Hel" }, {}, { finish_reason: "error" }), "InternalProviderError"],
    "ends its stream with an error": [events([chunk({ content: "Hel" }, "error")]), "InternalProviderError"],
    "has an error in its choice": [
      reply({ content: "" }, {}, { finish_reason: "error", error: { message: "Slow down.", code: 429 } }),
      "RateLimitError"
    ],
    "has an error beside its choices": [reply({ content: "Hel" }, { error: failure }), "InvalidRequestError"],
    "is an error": [{ object: "error", ...failure }, "InvalidRequestError"],
    "is a list of errors": [[{ error: failure }], "InvalidRequestError"],
    "is an error in words": [{ error: "Unexpected endpoint or method." }, "InternalProviderError"],
    "has an error whose code is a text": [{ error: { message: "No.", code: "503" } }, "InternalProviderError"],
    "has an error that only its type tells": [
      { error: { message: "No.", type: "rate_limit_error", code: null } },
      "RateLimitError"
    ],
    "streams an error": [events([chunk({ content: "Hel" }), { error: failure }]), "InvalidRequestError"],
    "streams an error under another name": [events([{ object: "error", ...failure }]), "InvalidRequestError"],
    "streams an error event": [`event: error\ndata: ${JSON.stringify(failure)}\n\n`, "InvalidRequestError"],
    "streams an error event in words": ['event: error\ndata: "overheated"\n\n', "InternalProviderError"],
    "streams pieces of no shape": [events([{ choices: "none" }]), "InvalidResponseError"],
    "streams what is no JSON": ["data: Hello\n\n", "InvalidResponseError"],
    "stops without a word": [events([chunk({ content: "Hel" })]).split("data: [DONE]")[0]!, "InternalProviderError"],
    "stops in the middle of an event": [
      events([chunk({ content: "Hel" }), chunk({}, "stop")]).slice(0, 240),
      "InternalProviderError"
    ],
    "stops with empty reasons": [
      events([chunk({ content: "Hel" }, "")]).split("data: [DONE]")[0]!,
      "InternalProviderError"
    ],
    "says nothing but that it ends": [events([]), "InternalProviderError"],
    "says nothing that can be read": [events([chunk({ role: "assistant" })]), "InternalProviderError"]
  })
})
