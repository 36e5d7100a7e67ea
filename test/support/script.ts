import { Deferred, Effect } from "effect"
import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import { assert } from "@effect/vitest"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { endpoint, onLoopback, until } from "./gateway.ts"

/** One request that reached an endpoint. */
export interface Asked {
  readonly body: string
  readonly headers: IncomingHttpHeaders
  readonly response: ServerResponse
  /** Waits until the connection is closed or the answer has ended; tells whether it had ended by itself. */
  readonly closed: Effect.Effect<boolean>
}

/** An endpoint over HTTP that answers by a script; `asked` waits for the request of that number, from 0. */
export const scripted = Effect.fnUntraced(function* (answer: (response: ServerResponse, body: string) => void) {
  const requests: Array<Asked> = []
  const waiting: Array<Deferred.Deferred<Asked>> = []
  const of = (index: number) => (waiting[index] ??= Deferred.makeUnsafe<Asked>())
  const { close, url } = yield* endpoint((request, response) => {
    const closed = Deferred.makeUnsafe<boolean>()
    response.on("close", () => Deferred.doneUnsafe(closed, Effect.succeed(response.writableFinished)))
    let body = ""
    request.on("data", (part: Buffer) => (body += part.toString()))
    request.on("end", () => {
      const asked = { body, headers: request.headers, response, closed: Deferred.await(closed) }
      const index = requests.push(asked) - 1
      answer(response, body)
      Deferred.doneUnsafe(of(index), Effect.succeed(asked))
    })
  })
  return { url, close, requests, asked: (index: number) => Deferred.await(of(index)) }
})

/** Begins a stream of events. */
export const begin = (response: ServerResponse, ...events: ReadonlyArray<string>): ServerResponse => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.flushHeaders()
  for (const event of events) response.write(event)
  return response
}

/** An event of a chat. */
export const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

export const done = "data: [DONE]\n\n"

type Answer = Parameters<typeof scripted>[0]
type Setup = Parameters<typeof onLoopback>[0]

/** The service in front of an endpoint that answers by a script. */
export const serving = Effect.fnUntraced(function* (answer: Answer, setup: Setup = {}) {
  const endpoint = yield* scripted(answer)
  const service = yield* onLoopback({ upstream: UpstreamHttp.layer({ baseUrl: endpoint.url }), ...setup })
  /** Waits until every call has ended, and tells how. */
  const outcomes = Effect.gen(function* () {
    yield* until(service.stats, ({ requests }) => requests.inFlight === 0)
    const { queue, requests } = yield* service.stats.snapshot
    assert.deepStrictEqual([queue.activeRequests, queue.queueSize], [0, 0])
    const { cancelled, failed, rejected, succeeded, timedOut } = requests
    return { cancelled, failed, rejected, succeeded, timedOut }
  })
  return { ...service, endpoint, outcomes }
})

/** How calls end, when none has ended. */
export const none = { cancelled: 0, failed: 0, rejected: 0, succeeded: 0, timedOut: 0 }
