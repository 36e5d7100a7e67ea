import { Effect, Stream } from "effect"
import OpenAI from "openai"
import type { ModelError } from "../../../src/provider/ModelError.ts"
import { SimulatedModel } from "../../../src/provider/SimulatedModel.ts"

type Model = SimulatedModel["Service"]

const encoder = new TextEncoder()

const failed = (error: ModelError) => Response.json(error.body, { status: error.status })

const json = (answer: Effect.Effect<unknown, ModelError>): Promise<Response> =>
  Effect.runPromise(Effect.match(answer, { onFailure: failed, onSuccess: (reply) => Response.json(reply) }))

/** Writes parts as server-sent events; one that has a type is named after it. */
const events = <A extends object>(parts: Stream.Stream<A, ModelError>): Response =>
  new Response(
    Stream.toReadableStream(
      parts.pipe(
        Stream.map((part) => `${"type" in part ? `event: ${part.type}\n` : ""}data: ${JSON.stringify(part)}\n\n`),
        Stream.concat(Stream.succeed("data: [DONE]\n\n")),
        Stream.map((text) => encoder.encode(text))
      )
    ),
    { headers: { "content-type": "text/event-stream" } }
  )

const routes = (model: Model): Readonly<Record<string, (body: { stream?: boolean }) => Promise<Response>>> => ({
  "/completions": async (body) => (body.stream ? events(model.streamText(body)) : json(model.completeText(body))),
  "/embeddings": (body) => json(model.embeddings(body)),
  "/chat/completions": async (body) => (body.stream ? events(model.stream(body)) : json(model.complete(body)))
})

/** The official client, talking to the model without a network. */
export const client: Effect.Effect<OpenAI, never, SimulatedModel> = Effect.map(
  SimulatedModel,
  (model) =>
    new OpenAI({
      apiKey: "none",
      maxRetries: 0,
      baseURL: "http://model",
      fetch: (url, init) => routes(model)[new URL(String(url)).pathname]!(JSON.parse(String(init?.body)))
    })
)
