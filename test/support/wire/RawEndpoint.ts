import { createServer, type Server, type Socket } from "node:net"
import { once } from "node:events"
import { HttpParser, type Message } from "./HttpParser.ts"

/** A request that has come to the endpoint, and the socket to answer on. */
export interface Exchange {
  readonly request: Message
  readonly socket: Socket
  /** Ends the answer: the connection may serve another request. */
  readonly finish: () => void
  /** Whether the answer has ended as the endpoint meant it to. */
  readonly finished: () => boolean
  /** Ends when the answer has, or the connection is closed. */
  readonly closed: Promise<void>
}

const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE"

/** An endpoint that writes bytes of any kind, on a port that can be closed for a while. */
export class RawEndpoint {
  readonly #answer: (exchange: Exchange) => void
  readonly #sockets = new Set<Socket>()
  readonly #open = new Set<Exchange>()
  #server: Server
  /** What a caller of this endpoint wrote that is no request. */
  readonly faults: Array<string> = []

  private constructor(answer: (exchange: Exchange) => void) {
    this.#answer = answer
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async listen(answer: (exchange: Exchange) => void): Promise<RawEndpoint> {
    const endpoint = new RawEndpoint(answer)
    // None that the system hands out, and apart from those of other processes: none may take it while it is closed.
    for (let port = 20_000 + ((process.pid * 97) % 10_000); ; port++) {
      try {
        await endpoint.#listen(port)
        return endpoint
      } catch (error) {
        if (!isTaken(error)) throw error
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`
  }

  get #port(): number {
    const address = this.#server.address()
    return address === null || typeof address === "string" ? this.#last : (this.#last = address.port)
  }
  #last = 0

  /** The connections to it. */
  get sockets(): number {
    return this.#sockets.size
  }

  /** The exchanges that have not ended. */
  get open(): ReadonlySet<Exchange> {
    return this.#open
  }

  /** Refuses connections, and closes those on which nothing is asked, until the promises of all outages are settled. */
  async refuse(meanwhile: () => Promise<unknown>): Promise<void> {
    if (this.#outages++ === 0) this.#changed = this.#changed.then(() => this.#stop())
    await this.#changed
    try {
      await meanwhile()
    } finally {
      if (--this.#outages === 0) await (this.#changed = this.#changed.then(() => this.#start()))
    }
  }
  #outages = 0
  #changed: Promise<unknown> = Promise.resolve()
  #stopped: Promise<unknown> = Promise.resolve()

  #stop(): void {
    void this.#port
    this.#stopped = once(this.#server, "close")
    this.#server.close()
    const busy = new Set([...this.#open].map(({ socket }) => socket))
    for (const socket of this.#sockets) if (!busy.has(socket)) socket.destroy()
  }

  async #start(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.#stopped
    this.#server = createServer((socket) => this.#serve(socket))
    await this.#listen(this.#last)
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, "close")
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1")
    await once(this.#server, "listening")
    void this.#port
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on("error", () => {})
    socket.on("close", () => this.#sockets.delete(socket))
    const parser = new HttpParser("request", { onMessage: (request) => this.#asked(request, socket) })
    socket.on("data", (part) => {
      parser.push(part)
      if (parser.fault === undefined) return
      this.faults.push(parser.fault)
      socket.destroy()
    })
  }

  #asked(request: Message, socket: Socket): void {
    let finished = false
    const { promise, resolve } = Promise.withResolvers<void>()
    const over = () => {
      this.#open.delete(exchange)
      socket.off("close", over)
      resolve()
    }
    const exchange: Exchange = {
      request,
      socket,
      finish: () => {
        finished = true
        over()
      },
      finished: () => finished,
      closed: promise
    }
    this.#open.add(exchange)
    socket.on("close", over)
    this.#answer(exchange)
  }
}
