import { Effect, Exit, Scope } from "effect"
import type { HttpServerError } from "effect/http"
import * as UpstreamHttp from "../../../src/upstream/UpstreamHttp.ts"
import { onLoopback } from "../gateway.ts"
import { bytesInUse, leastGrowth } from "../memory.ts"
import { type Api, apis, codeOf, ownError, valueOf } from "../storm/Apis.ts"
import { idOf, serve } from "../storm/Faults.ts"
import { Draw } from "../wire/Draw.ts"
import { header, type Message } from "../wire/HttpParser.ts"
import { RawCaller, requestOf } from "../wire/RawCaller.ts"
import { type Exchange, RawEndpoint } from "../wire/RawEndpoint.ts"
import { type ReplyCase, replyCase } from "./Replies.ts"
import { bodyOf, type RequestCase, requestCase } from "./Requests.ts"

export interface Options {
  readonly cases: number
  readonly seed: number
  /** Only the case of this number. */
  readonly only?: number | undefined
  /** Hears of the progress. */
  readonly tell?: ((done: number) => void) | undefined
}

export interface Report {
  readonly cases: number
  /** How many there were of each kind. */
  readonly kinds: ReadonlyMap<string, number>
  /** Each fault that was found, with the number of its case. */
  readonly found: ReadonlyArray<string>
  /** Bytes by which the memory in use grew at least in each of the last three fifths of the cases. */
  readonly growth: number
}

const workers = 40
const rounds = 5
/** Longer than any limit of the gateway's own. */
const longest = 30_000
const attemptTimeout = 4000

/** Statuses of replies to whatever a caller writes. */
const replied = new Set([200, 303, 400, 401, 403, 404, 405, 408, 413, 415, 417, 431, 502, 503, 504])
const paths =
  /^\/v1\/(?:chat\/completions|completions|embeddings|responses|messages|messages\/count_tokens|models)(?:[?/]|$)/

/** An endpoint that answers good requests well, and those of a case as the case says. */
class FuzzEndpoint {
  readonly #cases = new Map<string, ReplyCase>()
  readonly found: Array<string> = []

  expect(id: string, reply: ReplyCase): void {
    this.#cases.set(id, reply)
  }

  forget(id: string): void {
    this.#cases.delete(id)
  }

  readonly answer = (exchange: Exchange): void => {
    const { request } = exchange
    const id = idOf(exchange)
    const [method = "", path = ""] = request.start.split(" ")
    if (!paths.test(path)) this.found.push(`the endpoint is asked for ${request.start} (${id})`)
    if (id === "smuggled") this.found.push(`a request was smuggled to the endpoint`)
    const reply = this.#cases.get(id)
    if (reply !== undefined) return void this.#play(exchange, reply)
    if (method === "GET") return answerJson(exchange, '{"object":"list","data":[]}')
    const body = valueOf(request.body.toString().replace(/^\ufeff/, ""))
    if (body === undefined) this.found.push(`the endpoint is sent no JSON: ${request.body.subarray(0, 100).toString()}`)
    const api = Object.values(apis).find((api) => api.path === path.split("?", 1)[0])
    if (api === undefined) return answerJson(exchange, "{}")
    const streamed = (body as { stream?: unknown } | undefined)?.stream === true && api.events !== undefined
    serve(exchange, api, id, streamed)
  }

  async #play({ closed, finish, socket }: Exchange, { parts, then }: ReplyCase): Promise<void> {
    for (const part of parts) {
      await new Promise<void>((resolve) => socket.write(part, () => setImmediate(resolve)))
      if (socket.destroyed) return
    }
    if (then === "ends") socket.end()
    else if (then === "resets") socket.resetAndDestroy()
    // What is asked next on this connection is another exchange.
    else finish()
    await closed
  }
}

const answerJson = ({ finish, socket }: Exchange, body: string): void => {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  finish()
}

/** Whether a promise settles in time; whatever does not, hangs. */
const inTime = async (promise: Promise<unknown>): Promise<boolean> => {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), longest)
  const result = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return result
}

const isError = (body: unknown): boolean => apis["chat"]!.isError(body) || apis["message"]!.isError(body)

/** What is wrong with a reply to bytes of any kind. */
const faultOf = (reply: Message): string | undefined => {
  const { body, status } = reply
  if (!replied.has(status)) return `it replies ${status}: ${body.subarray(0, 200).toString()}`
  const isJson = (header(reply, "content-type") ?? "").startsWith("application/json")
  if (status >= 400 && status !== 417 && !(isJson && isError(valueOf(body.toString())))) {
    return `it replies ${status} in no form: ${reply.headers.join("; ")} ${body.subarray(0, 200).toString()}`
  }
  return undefined
}

/** One who sends cases one after the other, and a good request after each. */
class Worker {
  readonly #url: string
  readonly #endpoint: FuzzEndpoint
  #good: RawCaller | undefined

  constructor(url: string, endpoint: FuzzEndpoint) {
    this.#url = url
    this.#endpoint = endpoint
  }

  close(): void {
    this.#good?.socket.destroy()
  }

  /** What is wrong with what a good request is answered. */
  async good(id: string): Promise<ReadonlyArray<string>> {
    const caller = (this.#good ??= new RawCaller(this.#url))
    const api = apis["chat"]!
    const own = `${id}-good`
    caller.socket.write(requestOf(api.path, bodyOf(own), { "x-request-id": own }))
    if (!(await inTime(caller.answered()))) return ["a good request hangs"]
    const reply = caller.parser.messages.shift()
    if (reply?.body.toString() === api.answer(own)) return []
    this.#good = undefined
    return [
      `a good request gets ${reply?.status} ${reply?.body.subarray(0, 200).toString()} ${caller.parser.fault ?? ""}`
    ]
  }

  async ofRequest(draw: Draw, id: string, { bytes, ids, isAmbiguous, isHead, then }: RequestCase) {
    const found: Array<string> = []
    const caller = new RawCaller(this.#url)
    for (const part of draw.cuts(bytes)) {
      if (!caller.socket.destroyed) await new Promise<void>((resolve) => caller.socket.write(part, () => resolve()))
    }
    if (then === "resets") caller.socket.resetAndDestroy()
    if (then === "half-closes") caller.socket.end()
    // What the gateway makes of the bytes it has made of them by then.
    const meanwhile = this.good(id)
    await Promise.race([caller.answered(Math.max(1, ids.length)), meanwhile])
    found.push(...(await meanwhile))
    if (ids.length > 0 && !(await inTime(caller.answered(ids.length)))) found.push("its requests hang")
    const isWhole = caller.parser.messages.length >= ids.length
    if (!caller.socket.destroyed && draw.chance(0.9)) caller.socket.end()
    if (!(await inTime(this.#closing(caller)))) found.push("the connection is not closed")
    found.push(...(await this.good(id)))
    caller.parser.end()
    if (isHead) return found
    const { fault } = caller.parser
    if (fault !== undefined && !fault.startsWith("the connection ended")) found.push(`it writes no HTTP: ${fault}`)
    for (const reply of caller.replies) found.push(...[faultOf(reply)].filter((fault) => fault !== undefined))
    if (isAmbiguous && caller.replies.some(({ status }) => status === 200)) found.push("what is ambiguous is answered")
    if (!isWhole) found.push(`${caller.replies.length} of ${ids.length} requests are answered`)
    for (const [i, one] of ids.entries()) {
      const reply = caller.replies[i]
      if (reply !== undefined && header(reply, "x-request-id") !== one) found.push(`reply ${i} is not that of ${one}`)
    }
    return found
  }

  /** Waits until the connection is closed; whoever has kept it open, and is owed nothing, does that in the end. */
  async #closing(caller: RawCaller): Promise<void> {
    if (!caller.socket.writableEnded && !caller.socket.destroyed) {
      await Promise.race([caller.closed, caller.answered(caller.replies.length + 1), this.#endpointIdle()])
      caller.socket.end()
    }
    await caller.closed
  }

  /** The gateway's own limit on what it waits for of a body. */
  #endpointIdle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 300))
  }

  async ofReply(draw: Draw, id: string, one: ReplyCase) {
    const { api, mayBeCut = false, owed, streamed } = one
    this.#endpoint.expect(id, one)
    const caller = new RawCaller(this.#url)
    const body = bodyOf(id, { ...api.ask, ...(streamed && { stream: true }) })
    caller.socket.write(requestOf(api.path, body, { "x-request-id": id }))
    const found: Array<string> = []
    if (!(await inTime(caller.answered()))) found.push("the call hangs")
    this.#endpoint.forget(id)
    const whole = caller.replies[0]
    caller.socket.end()
    if (!(await inTime(caller.closed))) found.push("the connection is not closed")
    caller.parser.end()
    const reply = whole ?? caller.replies[0]
    const fault = caller.parser.fault ?? (reply === undefined ? "there is no reply" : undefined)
    if (fault !== undefined && !mayBeCut) found.push(fault)
    if (reply !== undefined) found.push(...wrongWith(reply, api, id, owed))
    if (draw.chance(0.3)) found.push(...(await this.good(id)))
    return found
  }
}

const short = (text: string) => (text.length > 300 ? `${text.slice(0, 150)}…${text.slice(-150)}` : text)

const wrongWith = (reply: Message, api: Api, id: string, owed: ReplyCase["owed"]): ReadonlyArray<string> => {
  const text = reply.body.toString()
  const own = ownError(api, reply)
  if (header(reply, "x-request-id") !== id) return [`the reply to ${id} is ${reply.start}: ${reply.headers.join("; ")}`]
  if (own === "internal_error" || text.includes('"internal_error"')) return [`an error of the gateway's own: ${text}`]
  if (typeof owed === "object") {
    return reply.status === owed.status && text === owed.body
      ? []
      : [`owed ${short(owed.body)}, it got ${reply.status} ${short(text)}`]
  }
  if (owed === "anything") return []
  if (reply.status >= 500 && own !== undefined) return []
  const last = /(?:^|\n\n|\r\r)(?:event: error\n)?data: (.*)\n\n$/.exec(text)?.[1]
  const value = valueOf(last ?? "")
  return api.isError(value) && codeOf(value) !== "undefined"
    ? []
    : [`a failure is not told: ${reply.status} ${short(text)}`]
}

/** Sends cases at the gateway, half of them malformed requests, half of them broken replies, and reports what is wrong. */
export const fuzz = ({ cases, only, seed, tell }: Options): Effect.Effect<Report, HttpServerError.ServeError> =>
  Effect.gen(function* () {
    const endpoint = new FuzzEndpoint()
    const raw = yield* Effect.acquireRelease(
      Effect.promise(() => RawEndpoint.listen(endpoint.answer)),
      (raw) => Effect.promise(() => raw.close())
    )
    const found: Array<string> = []
    const crash = (error: unknown) => void found.push(`crash: ${String(error instanceof Error ? error.stack : error)}`)
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("uncaughtException", crash).on("unhandledRejection", crash)),
      () => Effect.sync(() => process.off("uncaughtException", crash).off("unhandledRejection", crash))
    )
    const scope = yield* Scope.make()
    const { stats, url } = yield* Scope.provide(
      onLoopback({
        upstream: UpstreamHttp.layer({ baseUrl: raw.url }),
        app: { bodyTimeout: "200 millis", requestTimeout: attemptTimeout },
        limits: {
          maxConcurrentRequests: 2 * workers,
          maxQueueSize: 10_000,
          requestTimeout: attemptTimeout,
          streamIdleTimeout: attemptTimeout,
          circuitBreaker: { maxFailures: Infinity }
        },
        log: (message, level) => {
          if (level === "Error" || level === "Fatal") found.push(`log: ${JSON.stringify(message)}`)
        }
      }),
      scope
    )
    const kinds = new Map<string, number>()
    let next = only ?? 0
    const end = only === undefined ? cases : only + 1

    const work = async (to: number) => {
      const worker = new Worker(url, endpoint)
      while (next < to) {
        const index = next++
        const draw = Draw.case(seed, index)
        const id = `f${index}`
        const isRequest = draw.chance(0.5)
        const one = isRequest ? requestCase(draw, id) : replyCase(draw, id)
        kinds.set(one.kind, (kinds.get(one.kind) ?? 0) + 1)
        const wrong = "bytes" in one ? await worker.ofRequest(draw, id, one) : await worker.ofReply(draw, id, one)
        for (const fault of wrong) found.push(`case ${index} (${one.kind}): ${fault}`)
        tell?.(index)
      }
      worker.close()
    }
    const run = (to: number) =>
      Effect.promise(() => Promise.all(Array.from({ length: only === undefined ? workers : 1 }, () => work(to))))
    const weighed: Array<number> = []
    for (let round = 1; round <= rounds; round++) {
      yield* run(only === undefined ? Math.ceil((end * round) / rounds) : end)
      weighed.push(yield* bytesInUse)
    }
    const { queue, requests } = yield* stats.snapshot
    if (requests.inFlight + requests.zombies + queue.activeRequests > 0)
      found.push(`in flight: ${JSON.stringify(requests)}`)
    yield* Scope.close(scope, Exit.void)
    found.push(...raw.faults.map((fault) => `the endpoint is sent no HTTP: ${fault}`), ...endpoint.found)
    return { cases: end, kinds, found, growth: leastGrowth(weighed.slice(1)) }
  }).pipe(Effect.scoped)
