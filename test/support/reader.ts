import { Effect } from "effect"
import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import type { Socket } from "node:net"
import { chat } from "./gateway.ts"

/** How a reply came to its end: with all that it announced, or cut off. */
export interface Read {
  readonly text: string
  readonly complete: boolean
}

/** A caller that sees every byte and can stop reading: no client interprets what comes. */
export interface Reader {
  readonly head: Effect.Effect<IncomingMessage>
  /** Waits until what has come so far matches. */
  readonly reads: (pattern: RegExp) => Effect.Effect<string>
  readonly end: Effect.Effect<Read>
  /** Waits for the connection that the request goes over. */
  readonly socket: Effect.Effect<Socket>
  /** Waits until the connection is closed. */
  readonly closed: Effect.Effect<void>
  readonly leave: () => void
}

/** Asks for a stream; with `stalled` it takes the head, and reads nothing of the body. */
export const stream = (
  url: string,
  {
    agent = new Agent({ keepAlive: true }),
    headers = {},
    path = "/v1/chat/completions",
    stalled = false,
    ...body
  }: Record<string, unknown> & {
    readonly agent?: Agent
    readonly headers?: Record<string, string>
    readonly path?: string
    readonly stalled?: boolean
  } = {}
) =>
  Effect.acquireRelease(
    Effect.sync((): Reader & { readonly destroy: () => void } => {
      const init = chat({ stream: true, ...body }, headers)
      const asking = request(url + path, {
        method: "POST",
        headers: init.headers as Record<string, string>,
        agent
      })
      const answered = once(asking, "response").then(([response]) => response as IncomingMessage)
      let text = ""
      const ended = answered.then(
        (response) =>
          new Promise<Read>((resolve) => {
            if (!stalled) response.on("data", (part: Buffer) => (text += part.toString()))
            response.on("error", () => {})
            response.on("close", () => resolve({ text, complete: response.complete }))
          })
      )
      const connected = new Promise<Socket>((resolve) => asking.once("socket", resolve))
      const gone = connected.then((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())))
      const state = { over: false }
      void ended.then(() => (state.over = true)).catch(() => {})
      asking.on("error", () => {})
      answered.catch(() => {})
      ended.catch(() => {})
      asking.end(init.body)
      return {
        head: Effect.promise(() => answered),
        reads: (pattern) =>
          Effect.promise(async () => {
            const response = await answered
            while (!pattern.test(text) && !state.over) await Promise.race([once(response, "data"), ended])
            return text
          }),
        end: Effect.promise(() => ended),
        socket: Effect.promise(() => connected),
        closed: Effect.promise(() => gone),
        leave: () => {
          // A socket that is free again outlives its request.
          asking.socket?.destroy()
          asking.destroy()
        },
        destroy: () => agent.destroy()
      }
    }),
    ({ destroy }) => Effect.sync(destroy)
  )
