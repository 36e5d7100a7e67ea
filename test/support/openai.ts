import { Effect, Layer, Redacted } from "effect"
import type { LanguageModel } from "effect/ai"
import * as OpenAi from "../../src/ai/OpenAi.ts"

/** A request as the endpoint gets it. */
export interface Sent {
  readonly url: string
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A whole reply, as far as it is not the usual one. */
export const reply = (message: object, more: object = {}, choice: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_767_225_600,
  model: "gpt-4o-mini-2024",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice }],
  usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
  ...more
})

/** A chunk of a streamed reply. */
export const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_767_225_600,
  model: "gpt-4o-mini-2024",
  choices: [{ index: 0, delta, finish_reason }]
})

/** The chunk that tells of the usage. */
export const usage = { ...chunk({}), choices: [], usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 } }

/** Chunks as server-sent events. */
export const events = (chunks: ReadonlyArray<object>): string =>
  [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("")

export const stream = (chunks: ReadonlyArray<object>): Response =>
  new Response(events(chunks), { headers: { "content-type": "text/event-stream" } })

/** A model whose endpoint is a function, and what it was sent. */
export const answering = (
  answer: (sent: Sent) => Response,
  options: OpenAi.Options = {}
): { readonly sent: Array<Sent>; readonly layer: Layer.Layer<LanguageModel.LanguageModel> } => {
  const sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const request = { url: String(url), headers: new Headers(init?.headers), body: JSON.parse(String(init?.body)) }
    sent.push(request)
    return answer(request)
  }
  return { sent, layer: Layer.orDie(OpenAi.layer({ apiKey: Redacted.make("sk-secret"), fetch, ...options })) }
}

/** What an endpoint that answers like this is sent. */
export const bodyOf = <A, E>(
  call: Effect.Effect<A, E, LanguageModel.LanguageModel>,
  answer: object = reply({ content: "{}" })
) => {
  const { layer, sent } = answering(() => Response.json(answer))
  return Effect.map(Effect.exit(Effect.provide(call, layer)), () => sent[0]!.body)
}
