// Effect's own: HttpRouter in front, HttpClient behind, no gate.
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { HttpBody, HttpClient, HttpClientRequest, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

const base = process.env["OPENAI_BASE_URL"]!

const routes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const client = yield* HttpClient.HttpClient
    yield* router.add(
      "POST",
      "/v1/chat/completions",
      Effect.fnUntraced(function* (request) {
        const body = new Uint8Array(yield* request.arrayBuffer)
        const reply = yield* client.execute(
          HttpClientRequest.post(`${base}/chat/completions`, {
            headers: { "content-type": "application/json" },
            body: HttpBody.uint8Array(body, "application/json")
          })
        )
        const { "content-type": contentType } = reply.headers
        return HttpServerResponse.stream(reply.stream, { status: reply.status, ...(contentType && { contentType }) })
      })
    )
  })
)

HttpRouter.serve(routes).pipe(
  Layer.merge(Layer.effectDiscard(HttpServer.addressFormattedWith((url) => Console.log(url)))),
  Layer.provide(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })),
  Layer.provide(NodeHttpClient.layerUndici),
  Layer.launch,
  NodeRuntime.runMain
)
