import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { Effect } from "effect"

/** A way to a port that can be cut, so that connections stay open and nothing passes, or be slow. */
export class Proxy {
  readonly #sockets = new Set<Socket>()
  readonly #server
  #target: number
  #isCut = false
  #delay = 0
  port = 0

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((near) => {
      const far = connect(this.#target, "127.0.0.1")
      for (const [from, to] of [
        [near, far],
        [far, near]
      ] as const) {
        this.#sockets.add(from)
        const held: Array<Buffer> = []
        from.on("data", (chunk: Buffer) => {
          if (this.#delay === 0 && held.length === 0) return to.write(chunk)
          held.push(chunk)
          return setTimeout(() => to.write(held.shift()!), this.#delay)
        })
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

  /** Leads new connections to another port. */
  retarget(target: number): void {
    this.#target = target
  }

  /** Lets everything take so many milliseconds more, in each direction. */
  slowDown(millis: number): void {
    this.#delay = millis
  }

  mend(): void {
    this.#isCut = false
    this.#delay = 0
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
