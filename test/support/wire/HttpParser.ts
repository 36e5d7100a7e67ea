/** A header of a message: its name in lower case, and its value as it came. */
export type Header = readonly [name: string, value: string]

/** One HTTP/1.1 message as it came over a socket. */
export interface Message {
  /** The request line or the status line. */
  readonly start: string
  readonly headers: ReadonlyArray<Header>
  readonly body: Buffer
  /** The final response's status; 0 for a request. */
  readonly status: number
}

/** Hears of a message while it comes. */
export interface Listener {
  readonly onHead?: (message: Omit<Message, "body">) => void
  readonly onBody?: (part: Buffer) => void
  readonly onMessage?: (message: Message) => void
}

type State = "head" | "sized" | "size" | "chunk" | "chunkEnd" | "trailers" | "untilClose"

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const valueOf = /^[\t\x20-\x7e\x80-\xff]*$/
const requestLine = /^[A-Z]+ \S+ HTTP\/1\.1$/
const statusLine = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/

/** The value of a header; `undefined` if there is none. */
export const header = ({ headers }: Pick<Message, "headers">, name: string): string | undefined =>
  headers.find((header) => header[0] === name)?.[1]

/** Reads messages strictly by RFC 9112: what it does not accept, a proxy may understand otherwise. */
export class HttpParser {
  readonly #kind: "request" | "response"
  readonly #listener: Listener
  readonly messages: Array<Message> = []
  /** What is wrong with the bytes, once anything is. */
  fault: string | undefined
  #pending: Buffer = Buffer.alloc(0)
  #state: State = "head"
  #left = 0
  #head: Omit<Message, "body"> | undefined
  #parts: Array<Buffer> = []

  constructor(kind: "request" | "response", listener: Listener = {}) {
    this.#kind = kind
    this.#listener = listener
  }

  /** Whether a message has begun and is not whole. */
  get inMessage(): boolean {
    return this.#state !== "head" || this.#pending.length > 0
  }

  push(bytes: Buffer): void {
    if (this.fault !== undefined) return
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    while (this.fault === undefined && this.#step());
  }

  /** The connection has ended: the rest of a body without a length is whole now. */
  end(): void {
    if (this.#state === "untilClose") this.#over()
    else if (this.inMessage) this.fault ??= "the connection ended in the middle of a message"
  }

  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#readHead()
      case "size":
        return this.#readSize()
      case "chunkEnd":
        return this.#line((line) => (line === "" ? this.#to("size") : this.#fail("a chunk is longer than its size")))
      case "trailers":
        return this.#line((line) => (line === "" ? this.#over() : void this.#headerOf(line)))
      default:
        return this.#readBody()
    }
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf("\r\n\r\n")
    if (end < 0) return false
    const [start = "", ...lines] = this.#pending.subarray(0, end).toString("latin1").split("\r\n")
    this.#pending = this.#pending.subarray(end + 4)
    const status = Number(statusLine.exec(start)?.[1] ?? 0)
    if (this.#kind === "request" ? !requestLine.test(start) : status === 0) return this.#fail(`bad start line ${start}`)
    const headers = lines.flatMap((line) => this.#headerOf(line))
    // An interim response has no body, and says nothing of the final one.
    if (status >= 100 && status < 200) return true
    this.#head = { start, headers, status }
    this.#listener.onHead?.(this.#head)
    return this.#frame(headers, status)
  }

  #frame(headers: ReadonlyArray<Header>, status: number): boolean {
    const all = (name: string) => headers.filter((header) => header[0] === name).map(([, value]) => value)
    const [lengths, codings] = [all("content-length"), all("transfer-encoding")]
    if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) {
      return this.#fail(`ambiguous length: ${[...lengths, ...codings].join(" and ")}`)
    }
    if (status === 204 || status === 304) return this.#over()
    if (codings.length === 1) return codings[0] === "chunked" ? this.#to("size") : this.#fail(`coding ${codings[0]}`)
    if (lengths.length === 0) return this.#kind === "request" ? this.#over() : this.#to("untilClose")
    if (!/^\d+$/.test(lengths[0]!)) return this.#fail(`bad length ${lengths[0]}`)
    this.#left = Number(lengths[0])
    return this.#left === 0 ? this.#over() : this.#to("sized")
  }

  #readSize(): boolean {
    return this.#line((line) => {
      if (!/^[0-9a-fA-F]+$/.test(line)) return this.#fail(`bad chunk size ${line}`)
      this.#left = Number.parseInt(line, 16)
      return this.#to(this.#left === 0 ? "trailers" : "chunk")
    })
  }

  #readBody(): boolean {
    const sized = this.#state !== "untilClose"
    const part = sized ? this.#pending.subarray(0, this.#left) : this.#pending
    if (part.length === 0) return false
    this.#pending = this.#pending.subarray(part.length)
    this.#parts.push(part)
    this.#listener.onBody?.(part)
    if (!sized || (this.#left -= part.length) > 0) return true
    return this.#state === "sized" ? this.#over() : this.#to("chunkEnd")
  }

  #line(read: (line: string) => unknown): boolean {
    const end = this.#pending.indexOf("\r\n")
    if (end < 0) return false
    const line = this.#pending.subarray(0, end).toString("latin1")
    this.#pending = this.#pending.subarray(end + 2)
    read(line)
    return true
  }

  #headerOf(line: string): ReadonlyArray<Header> {
    const [, name = "", value = ""] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? []
    if (token.test(name) && valueOf.test(value)) return [[name.toLowerCase(), value]]
    this.#fail(`bad header line ${JSON.stringify(line)}`)
    return []
  }

  #to(state: State): boolean {
    this.#state = state
    return true
  }

  #fail(fault: string): boolean {
    this.fault ??= fault
    return false
  }

  #over(): boolean {
    const message = { ...this.#head!, body: Buffer.concat(this.#parts) }
    this.#parts = []
    this.#state = "head"
    this.messages.push(message)
    this.#listener.onMessage?.(message)
    return true
  }
}
