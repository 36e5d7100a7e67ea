import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { Effect } from "effect"

/** A way to a port that can be cut: connections stay open, and nothing passes. */
export class Proxy {
  readonly #sockets = new Set<Socket>()
  readonly #server
  #isCut = false
  port = 0

  constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, "127.0.0.1")
      for (const [from, to] of [
        [near, far],
        [far, near]
      ] as const) {
        this.#sockets.add(from)
        from.on("data", (chunk) => to.write(chunk))
        from.on("error", () => to.destroy())
        from.on("close", () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        if (this.#isCut) from.pause()
      }
    })
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1")
    await once(this.#server, "listening")
    this.port = (this.#server.address() as { port: number }).port
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  mend(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  async stop(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, "close")
  }
}

/** A proxy until the scope closes. */
export const proxy = (target: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const made = new Proxy(target)
      await made.start()
      return made
    }),
    (made) => Effect.promise(() => made.stop())
  )
