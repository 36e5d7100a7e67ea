// The statistics of a gate as a route of your own HttpApi.
import { NodeHttpServer } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { HttpClient, HttpRouter } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Gate, Headgate, Snapshot, Stats } from "../src/index.ts"

class Api extends HttpApi.make("app").add(
  HttpApiGroup.make("health").add(HttpApiEndpoint.get("stats", "/internal/stats", { success: Snapshot }))
) {}

const handlers = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (handlers) {
    const { snapshot } = yield* Stats
    return handlers.handle("stats", () => snapshot)
  })
)

const program = Effect.gen(function* () {
  yield* Gate.pass({}, Effect.void)
  const response = yield* HttpClient.get("/internal/stats")
  const { requests } = (yield* response.json) as Snapshot
  yield* Console.log(`${response.status}: ${requests.succeeded} succeeded`)
})

const server = HttpRouter.serve(HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)), {
  disableLogger: true,
  disableListenLog: true
}).pipe(Layer.provideMerge(NodeHttpServer.layerTest), Layer.provideMerge(Headgate.make()))

Effect.runPromise(Effect.provide(program, server))
