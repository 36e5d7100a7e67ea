import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import type { RequestListener, ServerResponse } from "node:http"
import { send, Upstream, type UpstreamRequest } from "../../src/upstream/Upstream.ts"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { flood, settled } from "../support/flow.ts"
import { endpoint } from "../support/gateway.ts"
import { openAt } from "../support/upstream.ts"

const megabyte = 2 ** 20
const request = { method: "POST", path: "/x", headers: {}, body: undefined } as const

/** An endpoint over HTTP, and what answers there. */
const reaching = Effect.fnUntraced(function* (listener: RequestListener) {
  const { url } = yield* endpoint(listener)
  const upstream = Context.get(yield* Layer.build(UpstreamHttp.layer({ baseUrl: url })), Upstream)
  return {
    open: (request: UpstreamRequest) => openAt(upstream, request),
    send: (request: UpstreamRequest) => send(upstream, request)
  }
})

/** Waits until the other side has closed the connection; tells whether the answer had ended before. */
const closing = () => {
  const closed = Deferred.makeUnsafe<boolean>()
  const watch = (response: ServerResponse) =>
    response.on("close", () => Deferred.doneUnsafe(closed, Effect.succeed(response.writableFinished)))
  return { watch, ended: Deferred.await(closed) }
}

const text = (parts: ReadonlyArray<Uint8Array>) => Buffer.concat(parts).toString()

describe("Upstream.open over HTTP", () => {
  it.live("the head comes before the body, and the parts as they come", () =>
    Effect.gen(function* () {
      const go = Deferred.makeUnsafe<void>()
      const { open } = yield* reaching((_, response) => {
        response.writeHead(202, { "x-own": "1" }).write("one ")
        Effect.runFork(
          Effect.andThen(
            Deferred.await(go),
            Effect.sync(() => response.end("two"))
          )
        )
      })

      const answer = yield* open(request)
      const first = yield* Deferred.make<void>()
      const reader = yield* Effect.forkChild(
        Stream.runCollect(Stream.tap(answer.body, () => Deferred.succeed(first, undefined)))
      )
      yield* Deferred.await(first)
      yield* Deferred.succeed(go, undefined)

      assert.deepInclude(answer, { status: 202 })
      assert.strictEqual(answer.headers["x-own"], "1")
      assert.strictEqual(text(yield* Fiber.join(reader)), "one two")
    })
  )

  for (const [when, read] of [
    ["before the head", false],
    ["before anything is read", false],
    ["in the middle of the body", true]
  ] as const) {
    it.live(`a scope that closes ${when} closes the connection at once`, () =>
      Effect.gen(function* () {
        const asked = Deferred.makeUnsafe<void>()
        const { ended, watch } = closing()
        const { open } = yield* reaching((_, response) => {
          watch(response)
          if (when !== "before the head") response.writeHead(200).write("one")
          Deferred.doneUnsafe(asked, Effect.void)
        })
        const scope = yield* Scope.make()
        const opened = yield* Effect.forkChild(Scope.provide(open(request), scope))
        yield* Deferred.await(asked)
        if (when !== "before the head") {
          const { body } = yield* Fiber.join(opened)
          if (read) yield* Stream.runHead(Stream.concat(Stream.take(body, 1), Stream.never))
        }

        yield* Scope.close(scope, Exit.void)

        assert.isFalse(yield* ended)
      })
    )
  }

  it.live("an opener that is interrupted closes the connection", () =>
    Effect.gen(function* () {
      const asked = Deferred.makeUnsafe<void>()
      const { ended, watch } = closing()
      const { open } = yield* reaching((_, response) => {
        watch(response)
        Deferred.doneUnsafe(asked, Effect.void)
      })
      const opened = yield* Effect.forkChild(Effect.scoped(open(request)))
      yield* Deferred.await(asked)

      yield* Fiber.interrupt(opened)

      assert.isFalse(yield* ended)
    })
  )

  it.live("a reader that stops reading stops the writer, and gets everything once it goes on", () =>
    Effect.gen(function* () {
      const total = 64 * megabyte
      const part = new Uint8Array(megabyte / 4)
      let seen = { written: 0 }
      const { open } = yield* reaching((_, response) => {
        seen = flood(response, part, total)
      })
      const { body } = yield* open(request)
      let read = 0

      yield* Stream.runForEach(
        body,
        Effect.fnUntraced(function* (bytes) {
          // What the system holds for both sockets is not ours.
          if (read === 0) assert.isAtMost(yield* settled(() => seen.written), 16 * megabyte)
          read += bytes.length
        })
      )

      assert.strictEqual(read, total)
    })
  )

  it.live("a connection that breaks in the middle of the body fails after what had come", () =>
    Effect.gen(function* () {
      const { open } = yield* reaching((_, response) => {
        response.writeHead(200).write("one", () => response.destroy())
      })
      const { body } = yield* open(request)
      const parts: Array<Uint8Array> = []

      const error = yield* Effect.flip(Stream.runForEach(body, (part) => Effect.sync(() => void parts.push(part))))

      assert.strictEqual(text(parts), "one")
      assert.strictEqual(error._tag, "UpstreamUnreachable")
    })
  )

  it.live("a connection that breaks while nobody reads harms nobody", () =>
    Effect.gen(function* () {
      const { ended, watch } = closing()
      const { open } = yield* reaching((_, response) => {
        watch(response)
        response.writeHead(200).write("one", () => response.destroy())
      })
      const { body } = yield* open(request)
      yield* ended
      yield* settled(() => 0)

      assert.strictEqual((yield* Effect.flip(Stream.runDrain(body)))._tag, "UpstreamUnreachable")
    })
  )

  it.live("connections whose answers were read whole serve the next requests", () =>
    Effect.gen(function* () {
      const ports = new Set<number>()
      const { open, send } = yield* reaching(({ socket }, response) => {
        ports.add(socket.remotePort!)
        response.end("whole")
      })

      for (let i = 0; i < 4; i++) {
        yield* Effect.scoped(Effect.flatMap(open(request), ({ body }) => Stream.runDrain(body)))
        assert.strictEqual(text([(yield* send(request)).body]), "whole")
      }

      // The next request begins in the tick in which the last answer ends, so that two take turns.
      assert.isAtMost(ports.size, 2)
    })
  )
})
