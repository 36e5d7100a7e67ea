import { Cause, Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Ask } from "../../src/domain/Ask.ts"
import type { Outcome } from "../../src/domain/Event.ts"
import { Gate } from "../../src/Gate.ts"
import { Stats } from "../../src/Stats.ts"
import { Observer, outcome, refusal, type Seen } from "./observer.ts"
import type { Limits } from "./stack.ts"

/** What is wrong; nothing, if the law holds. */
export type Wrongs = ReadonlyArray<string>

/** Fails with what is wrong. */
export const holds = (wrongs: Wrongs): void => {
  if (wrongs.length > 0) throw new Error(wrongs.join("; "))
}

const outcomes: ReadonlyArray<Outcome> = ["succeeded", "failed", "rejected", "cancelled", "timedOut"]

const says = (wrong: boolean, text: string): Wrongs => (wrong ? [text] : [])

const same = (name: string, told: unknown, seen: unknown) =>
  says(
    JSON.stringify(told) !== JSON.stringify(seen),
    `${name}: told ${JSON.stringify(told)}, seen ${JSON.stringify(seen)}`
  )

const isInterrupt = (exit: Seen["exit"]) =>
  exit !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

const valueOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)

/** A call keeps the model's own end; else the gate refused it or cut it, or its caller left. */
export const faithful = (call: Seen, { retries }: Limits): Wrongs => {
  const { answer, ask, exit, left, name, starts } = call
  if (exit === undefined) return [`call ${name} never ended`]
  const reason = refusal(call)
  const own = answer !== undefined && !isInterrupt(answer)
  const kept = own && answer._tag === exit._tag && valueOf(answer) === valueOf(exit)
  if (own && !kept && !left && (Exit.isSuccess(answer) || Cause.hasDies(answer.cause) || retries === 0)) {
    return [`call ${name} lost its own end`]
  }
  if (isInterrupt(exit)) return says(!left && ask.purpose !== "interrupt", `call ${name} was interrupted by the gate`)
  if (reason === undefined) return says(!kept, `call ${name} ended as the model did not`)
  if (reason._tag === "DeadlineExceeded") {
    return says(reason.started !== starts.length > 0, `call ${name} is told wrongly whether it started`)
  }
  return says(starts.length > 0, `call ${name} started and was refused: ${reason._tag}`)
}

/** Never more at work, more waiting or more starts than the limits allow. */
export const bounded = ({ peak, starts }: Observer, limits: Limits): Wrongs => {
  const unit = 1000 / limits.perSecond
  const crowded = starts.some((from, i) =>
    starts.some((to, j) => j >= i && j - i + 1 > limits.burst + (to - from) / unit + 1e-6)
  )
  return [
    ...says(peak > limits.permits, `${peak} permits in use of ${limits.permits}`),
    ...says(limits.perSecond < Infinity && crowded, "starts bunch up")
  ]
}

/** Nobody finds the queue full before it is; only where the calls do not yield can that be seen from outside. */
export const roomy = ({ calls }: Observer, limits: Limits): Wrongs => {
  const early = calls.find((call) => refusal(call)?._tag === "QueueFull" && call.others < limits.capacity)
  return says(limits.retries === 0 && early !== undefined, `call ${early?.name} found the queue full before it was`)
}

/** Nobody overtakes one who came before, unless by priority; and the more urgent of those who wait goes first. */
export const ordered = ({ calls }: Observer, byPriority: boolean): Wrongs => {
  const started = calls.filter(({ starts }) => starts.length > 0).sort((a, b) => a.starts[0]! - b.starts[0]!)
  return started.flatMap((call, i) => {
    const { ask, name } = call
    const at = call.starts[0]!
    const before = started[i - 1]?.starts[0] ?? -Infinity
    const passed = started.slice(i + 1).filter((other) => {
      if (other.starts[0] === at) return false
      if (byPriority && ask.priority > other.ask.priority && other.arrivedAt < before) return true
      return other.name < name && (!byPriority || other.ask.priority <= ask.priority)
    })
    // Whoever has waited for longer has come nearer.
    return says(passed.length > 0 && at - call.arrivedAt < 9_000, `call ${name} started before ${passed[0]?.name}`)
  })
}

/** The moment at which the limits let the next call start, as far as its pace goes. */
const nextToken = (starts: ReadonlyArray<number>, { burst, perSecond }: Limits): number => {
  if (perSecond === Infinity) return -Infinity
  const unit = 1000 / perSecond
  return starts.reduce((full, at) => Math.max(full, at) + unit, -Infinity) + (1 - burst) * unit
}

/** A call waits only while a limit binds, and nobody waits before an open circuit. */
export const lively = Effect.fnUntraced(function* (observer: Observer, limits: Limits, rhythm: number) {
  const { circuitBreaker } = yield* (yield* Stats).snapshot
  const now = Number(yield* Clock.monotonicTimeNanos) / 1e6
  const waiting = observer.waiting.length
  const used = observer.running.reduce((sum, { ask }) => sum + ask.permits, 0)
  const widest = Math.max(...observer.calls.map(({ ask, exit }) => (exit === undefined ? ask.permits : 1)))
  // Who leaves while it is suspended between its token and its start may have spent the token.
  const fleeting = rhythm > 100 ? [] : observer.calls.filter(({ left, starts }) => left && starts.length === 0)
  const spent = [...observer.starts, ...fleeting.map(({ endedAt }) => endedAt)].sort((a, b) => a - b)
  const free = limits.permits - used >= widest && nextToken(spent, limits) < now - 1
  return [
    ...says(
      observer.running.some(({ starts }) => now - starts.at(-1)! > limits.attempt * 1000 + 1),
      `a call is at the model for too long at ${now}`
    ),
    ...says(waiting > limits.capacity, `${waiting} wait of ${limits.capacity}`),
    ...says(waiting > 0 && circuitBreaker.isOpen, `${waiting} wait at an open circuit`),
    ...says(waiting > 0 && free && circuitBreaker.state === "closed", `${waiting} wait at ${now} and nothing binds`)
  ]
})

/** The figures are what an independent observer counts. */
export const truthful = Effect.fnUntraced(function* (observer: Observer, hasRoom: boolean, { retries }: Limits) {
  const { queue, requests } = yield* (yield* Stats).snapshot
  const { calls, running, waiting } = observer
  const ended = outcomes.map((each) => calls.filter((call) => outcome(call) === each).length)
  // Who leaves between the end of the gate's work and its own has ended in two ways.
  const unsure = calls.filter(
    ({ answer, exit, left }) => left && answer !== undefined && !isInterrupt(answer) && isInterrupt(exit)
  ).length
  const told = outcomes.map((each) => requests[each])
  const differ = told.reduce((sum, count, i) => sum + Math.abs(count - ended[i]!), 0)
  const total = outcomes.reduce((sum, each) => sum + requests[each], requests.inFlight)
  return [
    ...same("total", [requests.total, total], [calls.length, calls.length]),
    ...(differ > 2 * unsure ? same("outcomes", told, ended) : []),
    ...same("in flight", requests.inFlight, calls.filter(({ exit }) => exit === undefined).length),
    ...same("active", queue.activeRequests, running.length),
    ...same(
      "retried",
      requests.retried,
      calls.reduce((sum, { starts }) => sum + Math.max(0, starts.length - 1), 0)
    ),
    ...same(
      "rejected",
      Object.values(requests.rejections).reduce((sum, each) => sum + each, 0),
      requests.rejected
    ),
    ...(hasRoom && retries === 0 ? same("queue", queue.queueSize, waiting.length) : []),
    ...says(queue.queueSize + queue.activeRequests > requests.inFlight, "more wait and run than are in flight")
  ]
})

/** A healthy model closes the circuit within the open time and the time of a probe. */
export const recovers = Effect.fnUntraced(function* (limits: Limits) {
  const { pass } = yield* Gate
  const stats = yield* Stats
  const patience = limits.openFor + (limits.timeout < Infinity ? limits.timeout : 0) + 2
  for (let waited = 0; waited <= patience; waited += 0.5) {
    yield* Effect.forkChild(Effect.exit(pass(Ask.make({ caller: "healthy" }), Effect.void)), { startImmediately: true })
    yield* TestClock.adjust("500 millis")
    if ((yield* stats.snapshot).circuitBreaker.state === "closed") return []
  }
  return ["the circuit does not close although the model is healthy"]
})

/** After a quiet time as many calls start, run and wait as the limits allow: nothing was lost or doubled. */
export const whole = Effect.fnUntraced(function* (limits: Limits) {
  const { pass } = yield* Gate
  const observer = yield* Observer.make
  const call = () =>
    Effect.forkChild(
      observer.pass(pass, Ask.make({ caller: `late ${observer.calls.length}` }), () => Effect.never),
      { startImmediately: true }
    )
  const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
  const running = Math.min(limits.permits, 4)
  const places = Math.min(limits.capacity, 3)
  const wrongs: Array<string> = []
  const see = (at: string, seen: number, promised: number) =>
    wrongs.push(...same(`${at} after a quiet time`, promised, seen))

  yield* TestClock.adjust("1 minute")
  const first = Math.min(running, limits.burst)
  for (let i = 0; i < first + 1; i++) fibers.push(yield* call())
  see(
    "starts at once",
    observer.running.length,
    limits.permits === Infinity ? Math.min(first + 1, limits.burst) : first
  )
  yield* TestClock.adjust(1000 / limits.perSecond)
  while (fibers.length < running) {
    fibers.push(yield* call())
    yield* TestClock.adjust(1000 / limits.perSecond)
  }
  while (fibers.length < running + places + 2) fibers.push(yield* call())
  yield* TestClock.adjust(0)
  if (limits.permits < Infinity) {
    see("running", observer.running.length, running)
    see("waiting", observer.waiting.length, Math.min(limits.capacity, places + 2))
  }

  yield* Fiber.interruptAll(fibers)
  const { queue, requests } = yield* (yield* Stats).snapshot
  see("gauges", queue.queueSize + queue.activeRequests + requests.inFlight, 0)
  return [...wrongs, ...observer.wrongs]
})
