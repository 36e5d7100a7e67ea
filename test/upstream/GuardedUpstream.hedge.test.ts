import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Gate, Hedge } from "../../src/index.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import * as ServerSent from "../../src/upstream/ServerSent.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import { open } from "../support/upstream.ts"

const delta = (content: string) => ServerSent.event({ choices: [{ index: 0, delta: { content } }] })

/** Asks an endpoint whose first attempt says nothing, behind a gate that makes a second one. */
const hedged = Effect.fnUntraced(function* (type: string, body: string) {
  const seen = { attempts: 0, connections: 0 }
  const upstream = Upstream.opening(() =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => seen.connections++),
        () => Effect.sync(() => seen.connections--)
      )
      const isFirst = ++seen.attempts === 1
      return {
        status: 200,
        headers: { "content-type": type },
        body: isFirst ? Stream.never : Stream.succeed(Buffer.from(body))
      }
    })
  )
  const gate = Hedge.layer({ delay: "5 millis", budgetRatio: 1 }).pipe(Layer.provide(Gate.layerNoop))
  const context = yield* Layer.build(
    GuardedUpstream.layer.pipe(Layer.provide([Layer.succeed(Upstream, upstream), gate]))
  )
  const request = {
    method: "POST",
    path: "/chat/completions",
    headers: {},
    body: Buffer.from('{"stream":true}')
  } as const
  const asked = yield* Effect.forkChild(open(Context.get(context, GuardedUpstream), {}, request), {
    startImmediately: true
  })
  yield* TestClock.adjust("5 millis")
  const answer = yield* Fiber.join(asked)
  const text =
    answer.body instanceof Uint8Array
      ? new TextDecoder().decode(answer.body)
      : yield* Stream.mkString(Stream.decodeText(answer.body))
  yield* Effect.yieldNow
  return { ...seen, text }
})

describe("GuardedUpstream behind a gate that hedges", () => {
  it.effect.each([
    ["a stream", "text/event-stream", delta("Hello") + ServerSent.done],
    ["a whole reply", "application/json", '{"choices":[]}']
  ] as const)("the attempt that answers first is the answer, and ends the other: %s", ([, type, body]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* hedged(type, body), { attempts: 2, connections: 0, text: body })
    })
  )
})
