import { assert } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type { Snapshot } from "../../../src/stats/Snapshot.ts"
import * as UpstreamHttp from "../../../src/upstream/UpstreamHttp.ts"
import { routedTo, settingsOf } from "../endpoints.ts"
import { onLoopback, until } from "../gateway.ts"
import { Draw } from "../wire/Draw.ts"
import { header, type Message } from "../wire/HttpParser.ts"
import { RawCaller, requestOf } from "../wire/RawCaller.ts"
import { type Exchange, RawEndpoint } from "../wire/RawEndpoint.ts"
import { apis } from "./Apis.ts"
import { idOf, misbehave, serve } from "./Faults.ts"
import { deserves, judge, type Outcome } from "./Judge.ts"
import { type Plan, plans } from "./Plan.ts"

const callers = 40
const permits = 8
const probe = "probe"

/** How a request of the storm came to its end. */
type End =
  | { readonly plan: Plan; readonly left: false; readonly outcome: Outcome }
  | { readonly plan: Plan; readonly left: true; readonly atModel: ReadonlyArray<Exchange>; readonly at: number }

/** An endpoint that does to each request what its plan says, and tells who has asked it. */
class StormEndpoint {
  readonly #plans: ReadonlyMap<string, Plan>
  readonly #asked = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()
  readonly exchanges = new Map<string, Array<Exchange>>()
  /** When each exchange was over. */
  readonly over = new Map<Exchange, number>()

  constructor(plans: ReadonlyArray<Plan>) {
    this.#plans = new Map(plans.map((plan) => [plan.id, plan]))
  }

  readonly answer = (exchange: Exchange): void => {
    const id = idOf(exchange)
    const plan = this.#plans.get(id)
    // Whoever is not of the storm asks afterwards: a probe is answered, and others are made to wait.
    if (plan === undefined) return id.startsWith(probe) ? serve(exchange, apis["chat"]!, id, false) : undefined
    this.exchanges.set(id, [...(this.exchanges.get(id) ?? []), exchange])
    void exchange.closed.then(() => this.over.set(exchange, performance.now()))
    const attempt = (this.#asked.get(id) ?? 0) + 1
    this.#asked.set(id, attempt)
    this.#waiting.get(id)?.()
    const api = apis[plan.api]!
    if (plan.fault === undefined || (plan.once && attempt > 1)) serve(exchange, api, id, plan.streamed)
    else misbehave(plan.fault, exchange, api, id, plan.streamed)
  }

  /** Waits until a request has come. */
  asked(id: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#asked.has(id)) resolve()
      else this.#waiting.set(id, resolve)
    })
  }
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const written = (caller: RawCaller, bytes: Buffer) =>
  new Promise<void>((resolve) => caller.socket.write(bytes, () => resolve()))

const bytesOf = (plan: Plan): Buffer => {
  const { ask, path } = apis[plan.api]!
  const body = JSON.stringify({ model: plan.model, ...ask, ...(plan.streamed && { stream: true }) })
  return requestOf(path, body, { "x-request-id": plan.id })
}

const hangUp = async (caller: RawCaller, how: Plan["how"]) => {
  if (how === "reset") caller.socket.resetAndDestroy()
  else if (how === "close") caller.socket.destroy()
  else caller.socket.end()
  await caller.closed
}

/** Waits for the moment at which a caller leaves, or until there is nothing to leave any more. */
const moment = async (plan: Plan, endpoint: StormEndpoint, caller: RawCaller, heads: Promise<void>): Promise<void> => {
  const bytes = bytesOf(plan)
  const body = bytes.indexOf("\r\n\r\n") + 4
  if (plan.leaves === "in the head") return written(caller, bytes.subarray(0, body - 9))
  if (plan.leaves === "in the body") return written(caller, bytes.subarray(0, body + 9))
  await written(caller, bytes)
  if (plan.leaves === "soon") await turns(plan.after)
  if (plan.leaves === "at the model") await Promise.race([endpoint.asked(plan.id), caller.answered()])
  if (plan.leaves === "at the head" || plan.leaves === "in the answer") await Promise.race([heads, caller.answered()])
  if (plan.leaves === "in the answer") await turns(plan.after % 3)
}

/** Lets everything that is due be done, and waits until nothing but these is left. */
const settled = async (wanted: () => boolean, what: () => string) => {
  const deadline = performance.now() + 20_000
  while (!wanted()) {
    assert.isBelow(performance.now(), deadline, what())
    await turns(1)
  }
}

const resources = () => {
  const kinds = process.getActiveResourcesInfo()
  const count = (kind: string) => kinds.filter((one) => one === kind).length
  return { sockets: count("TCPSocketWrap"), servers: count("TCPServerWrap"), timers: count("Timeout") }
}

/** Sends the requests, so many at a time, and tells how each ended. */
class Callers {
  readonly #url: string
  readonly #endpoint: StormEndpoint
  readonly #raws: ReadonlyArray<RawEndpoint>
  readonly #idle: Array<RawCaller> = []
  #outages = 0
  readonly ends: Array<End> = []
  readonly wrong: Array<string> = []

  constructor(url: string, endpoint: StormEndpoint, raws: ReadonlyArray<RawEndpoint>) {
    this.#url = url
    this.#endpoint = endpoint
    this.#raws = raws
  }

  async all(plans: ReadonlyArray<Plan>): Promise<void> {
    const rest = plans.toReversed()
    const work = async () => {
      for (let plan = rest.pop(); plan !== undefined; plan = rest.pop()) await this.#one(plan)
    }
    await Promise.all(Array.from({ length: callers }, work))
    for (const caller of this.#idle) caller.socket.destroy()
  }

  #one(plan: Plan): Promise<void> {
    if (plan.leaves !== undefined) return this.#leaving(plan)
    if (plan.fault !== "refused") return this.#staying(plan)
    this.#outages++
    return this.#raws[0]!.refuse(() => this.#staying(plan)).finally(() => this.#outages++)
  }

  async #leaving(plan: Plan): Promise<void> {
    const { promise: heads, resolve } = Promise.withResolvers<void>()
    const caller = new RawCaller(this.#url, { onHead: () => resolve() })
    await moment(plan, this.#endpoint, caller, heads)
    const atModel = this.#raws.flatMap(({ open }) => [...open]).filter((exchange) => idOf(exchange) === plan.id)
    const at = performance.now()
    await hangUp(caller, plan.how)
    if (caller.parser.fault?.startsWith("the connection") === false)
      this.wrong.push(`${plan.id}: ${caller.parser.fault}`)
    this.ends.push({ plan, left: true, atModel, at })
  }

  async #staying(plan: Plan): Promise<void> {
    const caller = this.#idle.pop() ?? new RawCaller(this.#url)
    const before = caller.replies.length
    // Each outage is counted when it begins and when it ends: what overlaps one sees an odd number or a change.
    const outages = this.#outages
    caller.socket.write(bytesOf(plan))
    await caller.answered(before + 1)
    caller.parser.end()
    const reply = caller.replies[before]
    if (reply === undefined || caller.parser.fault !== undefined) {
      this.wrong.push(`${plan.id} (${plan.fault}): ${caller.parser.fault ?? "no reply"}`)
      return
    }
    const calm = outages % 2 === 0 && outages === this.#outages
    const verdict = judge(plan, reply, this.#raws.length === 1)
    if ("wrong" in verdict) this.wrong.push(`${plan.id} (${plan.api}, ${plan.fault}): ${verdict.wrong}`)
    else {
      this.ends.push({ plan, left: false, outcome: verdict.outcome })
      if (calm && !deserves(plan, verdict)) {
        const what = `${plan.id} (${plan.api}, ${plan.fault}, once: ${plan.once})`
        this.wrong.push(`${what}: ${verdict.outcome}, ${inWords(reply).slice(-200)}`)
      }
    }
    if (header(reply, "connection") === "close") caller.socket.destroy()
    else this.#idle.push(caller)
  }
}

/** The statistics hold each call that stayed as its reply says, and those that left wherever they fit. */
const addsUp = ({ endpoints = [], queue, requests }: Snapshot, ends: ReadonlyArray<End>, sure: number) => {
  const { cancelled, failed, inFlight, rejected, succeeded, timedOut, total, zombies } = requests
  const counted = { failed, rejected, succeeded, timedOut }
  assert.deepStrictEqual([inFlight, zombies, queue.activeRequests, queue.queueSize], [0, 0, 0, 0])
  assert.strictEqual(total, succeeded + failed + rejected + cancelled + timedOut)
  for (const { queue, requests } of endpoints) {
    assert.deepStrictEqual([queue.activeRequests, queue.queueSize, requests.inFlight], [0, 0, 0])
  }
  assert.strictEqual(
    rejected,
    Object.values(requests.rejections).reduce((sum, count) => sum + count, 0)
  )
  const left = ends.filter((end) => end.left).length
  const stayed = ends.length - left
  assert.isTrue(total >= stayed && total <= ends.length, `${total} of ${stayed} and ${left}`)
  for (const [outcome, count] of Object.entries(counted)) {
    const seen = ends.filter((end) => !end.left && end.outcome === outcome).length
    assert.isTrue(count >= seen && count <= seen + left, `${outcome}: ${count}, seen ${seen}, left ${left}`)
  }
  assert.isTrue(cancelled >= sure && cancelled <= left, `${cancelled} cancelled, ${sure} surely, ${left} left`)
}

/** Of those that left while the endpoint was at their request: how many were surely cancelled, and how soon it saw it. */
const leavers = (ends: ReadonlyArray<End>, over: ReadonlyMap<Exchange, number>) => {
  const atModel = ends.filter((end) => end.left).filter((end) => end.atModel.length > 0)
  const waits = atModel.flatMap((end) => end.atModel.map((exchange) => over.get(exchange)! - end.at))
  return {
    slowest: Math.max(0, ...waits),
    // Nothing else ends these before the attempt's time is over.
    cancelled: atModel.filter(({ plan }) => plan.fault?.startsWith("hang")).length,
    cut: atModel.filter((end) => end.atModel.some((exchange) => !exchange.finished())).length
  }
}

const asked = (url: string, model: string, headers: Readonly<Record<string, string>> = {}) => {
  const caller = new RawCaller(url)
  caller.socket.write(requestOf("/v1/chat/completions", JSON.stringify({ model, messages: [] }), headers))
  return caller
}

const inWords = ({ body, status }: Message) => `${status} ${body.toString()}`

/** Asks until there is an answer: only an open circuit, which says so, may be in the way. */
const circuitCloses = async (url: string, model: string) => {
  const deadline = performance.now() + 20_000
  for (let i = 0; ; i++) {
    const caller = asked(url, model, { "x-request-id": `${probe}-${i}` })
    await caller.answered()
    caller.socket.destroy()
    const reply = caller.replies[0]
    if (reply?.status === 200) return
    assert.include(reply === undefined ? "no reply" : inWords(reply), "circuit_open")
    assert.isBelow(performance.now(), deadline, "the circuit stays open")
    await turns(20)
  }
}

/** All permits are free: as many calls can be at the model at once, and the next must wait. */
const permitsAreFree = async (url: string, model: string, raw: RawEndpoint) => {
  const asking = Array.from({ length: permits + 1 }, () => asked(url, model))
  const replies = () => asking.flatMap((caller) => caller.replies.map(inWords))
  await settled(
    () => raw.open.size >= permits || replies().length > 0,
    () => `${raw.open.size} of ${permits} permits are left`
  )
  assert.deepStrictEqual(replies(), [])
  await turns(50)
  assert.strictEqual(raw.open.size, permits)
  for (const { socket } of asking) socket.destroy()
  await settled(
    () => raw.open.size === 0,
    () => `${raw.open.size} calls go on after their callers left`
  )
}

const circuitBreaker = { maxFailures: 20, timeout: 50 }

const queue = { maxQueueSize: 24, maxRetries: 1 }

/** The gateway in front of these endpoints. */
const service = Effect.fnUntraced(function* (raws: ReadonlyArray<RawEndpoint>, attemptTimeout: number) {
  const limits = {
    maxConcurrentRequests: permits,
    requestTimeout: attemptTimeout,
    streamIdleTimeout: attemptTimeout / 2
  }
  const [only, ...others] = raws
  if (others.length === 0) {
    const upstream = UpstreamHttp.layer({ baseUrl: only!.url })
    return yield* onLoopback({ upstream, limits: { ...queue, ...limits, circuitBreaker } })
  }
  const settings = raws.map(({ url }, index) =>
    settingsOf(`endpoint-${index}`, url, { limits, circuitBreaker, models: ["model-*", after(index)] })
  )
  return yield* routedTo(settings, queue)
})

/** A model that only one of the endpoints serves. */
const after = (index: number) => `after-${index}`

/** Sends a storm of requests through the gateway, and checks that each ended as it should and nothing is left behind. */
export const storm = (seed: number, count: number, attemptTimeout: number, endpoints = 1) =>
  Effect.gen(function* () {
    const wanted = plans(new Draw(seed), count)
    const endpoint = new StormEndpoint(wanted)
    const listening = Effect.acquireRelease(
      Effect.promise(() => RawEndpoint.listen(endpoint.answer)),
      (raw) => Effect.promise(() => raw.close())
    )
    const raws = yield* Effect.replicateEffect(listening, endpoints)
    const before = resources()
    const scope = yield* Scope.make()
    const { stats, url } = yield* Scope.provide(service(raws, attemptTimeout), scope)
    const run = new Callers(url, endpoint, raws)
    yield* Effect.promise(() => run.all(wanted))
    assert.deepStrictEqual(run.wrong, [])
    assert.deepStrictEqual(
      raws.flatMap(({ faults }) => faults),
      []
    )
    assert.strictEqual(run.ends.length, count)

    yield* until(stats, ({ requests }) => requests.inFlight === 0)
    const open = () => raws.reduce((sum, { open }) => sum + open.size, 0)
    yield* Effect.promise(() =>
      settled(
        () => open() === 0,
        () => `${open()} exchanges are open`
      )
    )
    const left = leavers(run.ends, endpoint.over)
    assert.isBelow(left.slowest, attemptTimeout / 2, "the endpoint sees a caller leave before it would be cut")
    addsUp(yield* stats.snapshot, run.ends, left.cancelled)
    for (const [index, raw] of raws.entries()) {
      yield* Effect.promise(() => circuitCloses(url, after(index)))
      yield* Effect.promise(() => permitsAreFree(url, after(index), raw))
    }

    yield* Scope.close(scope, Exit.void)
    const more = () => {
      const now = resources()
      return [now.sockets - before.sockets, now.servers - before.servers, now.timers - before.timers]
    }
    yield* Effect.promise(() =>
      settled(
        () => raws.every(({ sockets }) => sockets === 0) && more().every((count) => count <= 0),
        () => `sockets, servers and timers that are left: ${more().join(", ")}`
      )
    )
    return { ...left, outcomes: run.ends.map((end) => (end.left ? "left" : end.outcome)) }
  })
