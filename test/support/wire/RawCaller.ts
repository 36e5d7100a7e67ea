import { connect, type Socket } from "node:net"
import { HttpParser, type Listener, type Message } from "./HttpParser.ts"

/** A connection to the gateway on which any bytes can be written, and whose replies are read strictly. */
export class RawCaller {
  readonly socket: Socket
  readonly parser: HttpParser
  /** Ends when the connection is closed. */
  readonly closed: Promise<void>

  constructor(url: string, listener: Listener = {}) {
    this.socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    this.parser = new HttpParser("response", listener)
    this.socket.on("data", (part) => this.parser.push(part))
    this.socket.on("error", () => {})
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()))
    this.socket.on("end", () => this.socket.end())
  }

  get replies(): ReadonlyArray<Message> {
    return this.parser.messages
  }

  /** Waits until so many replies are whole, or the connection is closed. */
  answered(count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.parser.messages.length < count && this.parser.fault === undefined) return
        this.socket.off("data", look)
        resolve()
      }
      this.socket.on("data", look)
      void this.closed.then(resolve)
      look()
    })
  }
}

/** A request as bytes. */
export const requestOf = (
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  method = "POST"
): Buffer => {
  const bytes = Buffer.from(body)
  const lines = Object.entries({
    host: "127.0.0.1",
    ...(method === "POST" && { "content-type": "application/json", "content-length": String(bytes.length) }),
    ...headers
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), bytes])
}
