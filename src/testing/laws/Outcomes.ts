import { Cause, Effect, Exit } from "effect"
import type { Outcome } from "../../stats/Event.ts"
import type { Limits } from "../Guarantees.ts"
import { type Law, type Trial, violation, type Violations } from "../Law.ts"
import { isInterrupted, type ObservedCall, outcome, rejection } from "../Observer.ts"
import { defaultYieldEvery } from "../Scenario.ts"

const outcomes: ReadonlyArray<Outcome> = ["succeeded", "failed", "rejected", "cancelled", "timedOut"]

const same = (name: string, counted: unknown, seen: unknown): Violations =>
  violation(
    JSON.stringify(counted) !== JSON.stringify(seen),
    `the Stats of the stack count ${JSON.stringify(counted)} ${name}, observed ${JSON.stringify(seen)}`
  )

const between = (name: string, counted: number, least: number, most: number): Violations =>
  counted >= least && counted <= most ? [] : same(name, counted, most)

const countsWaiting = ({ capacity, counts, retries }: Limits): boolean =>
  // A call that waits for another attempt is in the queue too, which cannot be observed from outside.
  retries === 0 && (counts === "all" || (counts === undefined && capacity < Infinity))

/** Calls that were cancelled at a step whose order among the other steps is unknown from outside. */
const uncertain = ({ observer, planned, scenario }: Trial) =>
  observer.calls.filter(
    (call) =>
      call.cancelled && (scenario.yieldEvery !== defaultYieldEvery || planned.get(call)?.interruptAtStep !== Infinity)
  )

/** Compares the `Stats` of the stack with what was observed. */
const statsDiffer = Effect.fnUntraced(function* (trial: Trial) {
  const { limits, observer, stats } = trial
  if (stats === undefined || limits.counts === "nothing") return []
  const { queue, requests } = yield* stats.snapshot
  const { calls, running, waiting } = observer
  const observed = outcomes.map((each) => calls.filter((call) => outcome(call) === each).length)
  // A call that is cancelled between the end of its attempt and its own end has two outcomes.
  const ambiguous = calls.filter(
    ({ cancelled, cancelledAfterAttempt, exit, modelExit }) =>
      cancelled &&
      isInterrupted(exit) &&
      (cancelledAfterAttempt || (modelExit !== undefined && !isInterrupted(modelExit)))
  ).length
  const unsure = uncertain(trial)
  // Such a call may not have reached the gate, or may have gone one step further.
  const unseen = unsure.filter(({ starts }) => starts.length === 0).length
  const counted = outcomes.map((each) => requests[each])
  const difference = counted.reduce((sum, count, i) => sum + Math.abs(count - observed[i]!), 0)
  const total = outcomes.reduce((sum, each) => sum + requests[each], requests.inFlight)
  const retries = calls.reduce((sum, { starts }) => sum + Math.max(0, starts.length - 1), 0)
  const rejected = Object.values(requests.rejections).reduce((sum, each) => sum + each, 0)
  return [
    ...between("calls in total", requests.total, calls.length - unseen, calls.length),
    ...violation(
      total !== requests.total,
      `the Stats of the stack count ${requests.total} calls in total, and ${total} by outcome`
    ),
    ...(difference > 2 * (ambiguous + unseen) ? same(`calls ${outcomes.join(", ")}`, counted, observed) : []),
    ...same("calls in flight", requests.inFlight, calls.filter(({ exit }) => exit === undefined).length),
    ...same("active calls", queue.activeRequests, running.length),
    ...between("retries", requests.retried, retries, retries + unsure.length),
    ...same("rejections by reason", rejected, requests.rejected),
    ...(countsWaiting(limits) ? same("waiting calls", queue.queueSize, waiting.length) : []),
    ...violation(
      queue.queueSize + queue.activeRequests > requests.inFlight,
      "the Stats of the stack count more calls that wait and run than calls in flight"
    )
  ]
})

/** Every call ends once, its work with it, and the stats add up. */
export const conservation: Law = {
  name: "conservation",
  statement: "every call ends exactly once, no work for it goes on after its end, and the stats add up",
  scenarios: ["loads", "interruptions"],
  during: statsDiffer,
  after: (trial) =>
    Effect.map(statsDiffer(trial), (differences) => [
      ...trial.observer.strayWork,
      ...trial.observer.calls.flatMap(({ exit, name }) =>
        violation(exit === undefined, `${name} did not end after its caller cancelled`)
      ),
      ...differences
    ])
}

const valueOf = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)

/** A call ends as the model ended it, unless the gate refused or aborted it, or its caller cancelled. */
const changedEnd = ({ limits: { retries }, planned }: Trial, call: ObservedCall): Violations => {
  const { cancelled, exit, modelExit, name, starts } = call
  if (exit === undefined) return []
  const reason = rejection(call)
  const final = modelExit !== undefined && !isInterrupted(modelExit)
  const kept = final && modelExit._tag === exit._tag && valueOf(modelExit) === valueOf(exit)
  if (final && !kept && !cancelled && (Exit.isSuccess(modelExit) || Cause.hasDies(modelExit.cause) || retries === 0)) {
    return [`${name} did not end as the model ended it`]
  }
  if (isInterrupted(exit)) {
    const byModel = modelExit !== undefined && isInterrupted(modelExit) && planned.get(call)?.kind === "interrupt"
    return violation(!cancelled && !byModel, `${name} was interrupted, but its caller had not cancelled`)
  }
  if (reason === undefined) return violation(!kept, `${name} did not end as the model ended it`)
  if (reason._tag === "DeadlineExceeded") {
    const started = starts.length > 0
    return violation(
      reason.started !== started,
      `${name} failed with DeadlineExceeded, started: ${reason.started}, but had ${started ? "" : "not "}started`
    )
  }
  return violation(
    starts.length > 0 && reason._tag !== "ShuttingDown",
    `${name} had started, and was then refused as ${reason._tag}`
  )
}

/** Calls that have their result and do not end. */
const lateEnds = ({ limits, observer }: Trial): Violations =>
  observer.calls.flatMap(({ cancelled, exit, modelExit, name, running }) => {
    const final = modelExit !== undefined && (limits.retries === 0 || Exit.isSuccess(modelExit))
    return violation(
      final && exit === undefined && !running && !cancelled,
      `${name} has the model's result and does not end`
    )
  })

/** The gate changes nothing about a call that it admits. */
export const transparency: Law = {
  name: "transparency",
  statement: "an admitted call keeps its result, failure, defect, context and interruption",
  scenarios: ["loads", "interruptions"],
  during: (trial) => Effect.sync(() => lateEnds(trial)),
  after: (trial) =>
    Effect.sync(() => [
      ...trial.observer.alterations,
      ...trial.observer.calls.flatMap((call) => changedEnd(trial, call))
    ])
}

/** Time and randomness come from Effect, so a run can be repeated. */
export const determinism: Law = {
  name: "determinism",
  statement: "the same seed on a virtual clock gives the same event log",
  scenarios: ["loads"],
  compare: (first, second) => {
    const at = first.findIndex((line, i) => line !== second[i])
    const differ = at >= 0 || first.length !== second.length
    return violation(
      differ,
      `the second run logged ${JSON.stringify(second[at] ?? "nothing")}, the first ${JSON.stringify(first[at] ?? "nothing")}`
    )
  }
}
