import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Agent, get, type IncomingMessage } from "node:http"
import { once } from "node:events"
import { onLoopback } from "../support/gateway.ts"

const asking = (url: string, agent: Agent) =>
  Effect.promise(async () => {
    const asked = get(`${url}/health/live`, { agent })
    const [response] = (await once(asked, "response")) as [IncomingMessage]
    response.resume()
    await once(response, "end")
    return { socket: asked.socket!, header: response.headers["keep-alive"] }
  })

const agent = Effect.acquireRelease(
  Effect.sync(() => new Agent({ keepAlive: true, maxSockets: 1 })),
  (agent) => Effect.sync(() => agent.destroy())
)

describe("idle-connections-end-after-five-seconds", () => {
  it.live("idle connections are kept for 75 seconds, and callers are told", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback()
      const connections = yield* agent

      const first = yield* asking(url, connections)
      const second = yield* asking(url, connections)

      assert.deepStrictEqual([first.header, second.header], ["timeout=75", "timeout=75"])
      assert.isTrue(first.socket === second.socket)
    })
  )

  it.live("or for as long as they are told to", () =>
    Effect.gen(function* () {
      const { url } = yield* onLoopback({ app: { keepAlive: "1 second" } })
      const { header, socket } = yield* asking(url, yield* agent)

      assert.strictEqual(header, "timeout=1")
      yield* Effect.promise(() => once(socket, "close"))
    })
  )
})
