import { Cause, Exit } from "effect"
import { type Call, type End, Stage, waits } from "../../Call.ts"
import type { Step } from "../../engine/Line.ts"
import type { Linked } from "../../engine/Fifo.ts"
import type { Ranked } from "../../engine/Heap.ts"
import type { Timer } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { errorOf, type Reason, ShuttingDown } from "../../Rejection.ts"
import type { Caller } from "./Callers.ts"
import type { Job, Placed } from "./Schedule.ts"

/** The queue in which a call waits. */
interface Queue {
  enter(queued: PredictedCall, at: number): Reason | typeof waits | undefined
  start(queued: PredictedCall, at: number): void
  stop(at: number): void
  leave(queued: PredictedCall, end: End, at: number): typeof waits | undefined
  full(at: number): Reason
}

/** A call in the queue; once it is out, a running call. */
export class PredictedCall extends Stage implements Job, Linked<PredictedCall>, Placed, Ranked, Step {
  readonly call: Call
  readonly #queue: Queue
  previous: PredictedCall | undefined = undefined
  next: PredictedCall | undefined = undefined
  heapIndex = 0
  state: "waiting" | "head" | "started" | "refused" | "out" = "waiting"
  /** Whether the head is on its way back into the queue. */
  recalled = false
  /** Whether it is on its way in at this moment, so that it need not be told to proceed. */
  entering = false
  timer: Timer | undefined = undefined
  caller: Caller | undefined = undefined
  underWay = false
  /** 0 if its job is under way, 1 if its caller is light, else 2. */
  class = 2
  arrivedAt = NaN
  tier = 2
  work = NaN
  /** The work it needs if its reply is short; `undefined` while nobody has asked. */
  shortWork: number | undefined = undefined
  /** How long it takes up the gate, in milliseconds: at present, and usually. */
  cost = NaN
  placedCost = NaN
  place = 0
  latestStart = NaN
  /** When it must start to end in time at the usual speed. */
  latestUsualStart = NaN
  /** Whether it is among those that cannot start in time. */
  isLate = false
  /** How its last attempt ended, if the call was put back and has not started since. */
  #lastFailure: End | undefined = undefined

  constructor(call: Call, queue: Queue) {
    super()
    this.call = call
    this.#queue = queue
  }

  override enter(at: number) {
    return this.#queue.enter(this, at)
  }

  override start(at: number) {
    // Its place was taken back while it was about to start.
    if (this.recalled) return recalled
    this.#lastFailure = undefined
    this.#queue.start(this, at)
    return undefined
  }

  override stop(at: number) {
    this.#queue.stop(at)
  }

  override leave(end: End, at: number) {
    if (this.#queue.leave(this, end, at) === waits) {
      if (!isRecall(end)) this.#lastFailure = end
      return waits
    }
    // Refused before another attempt: the model's own failure says more.
    return Exit.isFailure(end) && Cause.hasFails(end.cause) ? this.#lastFailure : undefined
  }

  /** Without places to wait in, a call that has not started by now is refused. */
  step() {
    if (this.call.end === undefined && this.call.attempts === 0) this.call.cut(this, this.#queue.full(this.call.now()))
  }
}

/** In which order calls start: as they came while nothing is known, by deadline while all can meet theirs, else the shortest first. */
export type Order = (a: PredictedCall, b: PredictedCall) => number

export const byArrival: Order = (a, b) => a.tier - b.tier || a.arrivedAt - b.arrivedAt
export const shortestFirst: Order = (a, b) =>
  a.tier - b.tier || a.cost - b.cost || a.work - b.work || a.arrivedAt - b.arrivedAt
/** The order that refusals are judged by. */
export const byUsualCost: Order = (a, b) =>
  a.tier - b.tier || a.placedCost - b.placedCost || a.work - b.work || a.arrivedAt - b.arrivedAt

/** Takes the head back into the queue; its caller never sees it. */
export const recalled = new ShuttingDown({ retryAfter: undefined })

/** Whether a call ended because its place was taken back; work that ended before that has its own end. */
export const isRecall = (end: End): boolean => Failure.rejectionOf(errorOf(end))?.reason === recalled

/** Whether an attempt failed before the model had begun with it. */
export const isUntouched = (end: End): boolean => {
  const error = errorOf(end)
  if (error === undefined || Failure.rejectionOf(error) !== undefined) return false
  const status = Failure.statusOf(error)
  return status === 429 || status === 503 || Failure.isUnreached(end)
}
