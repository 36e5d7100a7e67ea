import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Duration, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import { isLoopback } from "../config/Address.ts"
import * as App from "./App.ts"
import * as EventLogger from "./EventLogger.ts"
import { answerMalformed } from "./ClientError.ts"
import type { ModelCalls } from "./ModelCalls.ts"

export interface Options extends Omit<App.Options, "local"> {
  /** The address to listen on. */
  readonly host: string
  /** The port to listen on; 0 lets the system choose. */
  readonly port: number
  /** How long an idle connection of a caller is kept. Default: 75 s. */
  readonly keepAlive?: Duration.Input | undefined
  /** Whether everyone is admitted without a key, under any host name and from any page. Default: `false`. */
  readonly allowAnonymous?: boolean | undefined
}

/** A server that hands requests to the model to `ModelCalls`, and all others to its listeners. */
class GatewayServer extends Server {
  calls: ModelCalls | undefined

  override emit(event: string, ...args: ReadonlyArray<unknown>): boolean {
    if (this.calls === undefined || (event !== "request" && event !== "checkContinue")) {
      return super.emit(event, ...args)
    }
    const [request, response] = args as [IncomingMessage, ServerResponse]
    const isTaken = this.calls.takes(request, response, event === "checkContinue", (error, expects) => {
      App.refusals.set(request, error)
      super.emit(expects ? "checkContinue" : "request", request, response)
    })
    return isTaken || super.emit(event, request, response)
  }
}

/** Sets how long idle connections are kept: longer than proxies do, or they would send requests into closing ones. */
const withKeepAlive = (server: GatewayServer, keepAlive: Duration.Input): GatewayServer => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(keepAlive))
  server.keepAliveTimeout = millis
  // A connection that has just been idle for so long must still have time for the headers of its next request.
  server.headersTimeout = Math.max(server.headersTimeout, millis + 1000)
  return server
}

// Responses may still be on their way out.
const gracefulShutdownTimeout = "1 second"

/** Listens and answers until its scope closes; by then every socket is closed. */
export const layer = (options: Options) =>
  Layer.unwrap(
    Effect.sync(() => {
      const server = withKeepAlive(new GatewayServer({ requireHostHeader: false }), options.keepAlive ?? "75 seconds")
      answerMalformed(server)
      const sockets = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections())))
      const { allowAnonymous = false, apiKeys, host, port } = options
      const local = isLoopback(host) && apiKeys.length === 0 && !allowAnonymous
      // Before it listens, the service must be ready, or requests in between would get no answer.
      const listening = Effect.map(App.make({ ...options, local }), ({ calls, other }) => {
        server.calls = calls
        const cutShort = Effect.addFinalizer(() => Effect.sync(() => calls.cutShort()))
        // Without a listener Node answers a request that offers an upgrade as if it did not (RFC 9110, 7.8): clients of Java
        // offer HTTP/2 with each request.
        const ignoreUpgrades = Effect.sync(() => server.removeAllListeners("upgrade"))
        const serve = Effect.andThen(HttpServer.serveEffect(other), ignoreUpgrades)
        return Layer.effectDiscard(Effect.andThen(cutShort, serve)).pipe(
          Layer.provide(sockets),
          Layer.provideMerge(NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout }))
        )
      })
      return Layer.merge(EventLogger.layer, Layer.provide(Layer.unwrap(listening), NodeHttpServer.layerHttpServices))
    })
  )
